// The one worker that lays graphs out. It is large: who knows that a graph will come lets it load meanwhile.
import type { ElkNode } from 'elkjs/lib/elk-api';

type Answer = { id: number; answer?: ElkNode; fault?: string };

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (answer: Answer) => void>();

/** Loads it, where it is not there yet. */
export function prepareLayout(): Worker {
  if (!worker) {
    worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<Answer>) => {
      waiting.get(event.data.id)?.(event.data);
      waiting.delete(event.data.id);
    };
  }
  return worker;
}

/** The graph with places and ways; fails with what ELK says. */
export function layOut(graph: ElkNode): Promise<ElkNode> {
  const id = ++last;
  prepareLayout().postMessage({ id, graph });
  return new Promise((resolve, reject) => {
    waiting.set(id, ({ answer, fault }) => (answer ? resolve(answer) : reject(new Error(fault))));
  });
}
