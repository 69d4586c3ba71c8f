// Lays graphs out beside the page: a large one takes a second, and the page goes on meanwhile.
import Elk from 'elkjs/lib/elk.bundled.js';
import type { ElkNode } from 'elkjs/lib/elk-api';

const elk = new Elk();

self.onmessage = async (event: MessageEvent<{ id: number; graph: ElkNode }>) => {
  const { id, graph } = event.data;
  try {
    self.postMessage({ id, answer: await elk.layout(graph) });
  } catch (error) {
    self.postMessage({ id, fault: String(error) });
  }
};
