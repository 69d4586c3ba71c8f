import { useEffect, useState } from 'react';
import { elkOf, layoutFrom, type Layout, type Measure } from './layout';
import type { GraphMachine } from './model';
import { layOut } from './worker';

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
      const layout = layoutFrom(await layOut(made.elk), made);
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
