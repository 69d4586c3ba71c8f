import { useEffect, useState } from 'react';
import type { ElkNode } from 'elkjs/lib/elk-api';
import { elkOf, layoutFrom, type Layout, type Measure } from './layout';
import type { GraphMachine } from './model';

type Answer = { id: number; answer?: ElkNode; fault?: string };

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (answer: Answer) => void>();

function ask(graph: ElkNode): Promise<ElkNode> {
  if (!worker) {
    worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<Answer>) => {
      waiting.get(event.data.id)?.(event.data);
      waiting.delete(event.data.id);
    };
  }
  const id = ++last;
  worker.postMessage({ id, graph });
  return new Promise((resolve, reject) => {
    waiting.set(id, ({ answer, fault }) => (answer ? resolve(answer) : reject(new Error(fault))));
  });
}

let canvas: CanvasRenderingContext2D | null | undefined;

const measure: Measure = (text, look) => {
  canvas ??= document.createElement('canvas').getContext('2d');
  if (!canvas) return text.length * 7;
  canvas.font = `${look === 'name' ? '500 13px' : '400 11px'} ${getComputedStyle(document.body).fontFamily}`;
  return canvas.measureText(text).width;
};

const known = new Map<string, Layout>();
const KNOWN_MAX = 20;

/** The layout of a graph; the one before stays until the new one is there. Nothing moves while a run goes on. */
export function useLayout(
  machine: GraphMachine,
  itemsRoom: number,
): { layout: Layout | undefined; fault: string | undefined } {
  const key = `${itemsRoom} ${JSON.stringify(machine)}`;
  const [state, setState] = useState<{ layout: Layout | undefined; fault: string | undefined }>({
    layout: known.get(key),
    fault: undefined,
  });
  useEffect(() => {
    let isWanted = true;
    const act = async () => {
      const there = known.get(key);
      if (there) return there;
      const made = elkOf(JSON.parse(key.slice(key.indexOf(' '))) as GraphMachine, measure, itemsRoom);
      const layout = layoutFrom(await ask(made.elk), made);
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(key, layout);
      return layout;
    };
    act().then(
      (layout) => isWanted && setState({ layout, fault: undefined }),
      (error: unknown) => isWanted && setState((old) => ({ ...old, fault: String(error) })),
    );
    return () => {
      isWanted = false;
    };
  }, [key, itemsRoom]);
  return state;
}
