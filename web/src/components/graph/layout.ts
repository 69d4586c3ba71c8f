// Where everything stands: ELK's layered layout, in a worker, kept for each definition.
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api';
import type { GraphEdge, GraphMachine, GraphNode } from './model';

export interface Box {
  id: string;
  node?: GraphNode;
  /** A dot at the start or the end. */
  dot?: 'start' | 'end';
  parent?: string;
  /** Within its parent. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  id: string;
  edge?: GraphEdge;
  from: string;
  to: string;
  /** In the whole graph. */
  points: { x: number; y: number }[];
  label?: { x: number; y: number };
}

export interface Layout {
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

/** How wide a text is drawn, in pixels. */
export type Measure = (text: string, look: 'name' | 'label') => number;

const HEAD = 34;
const ACROSS_MAX = 4;

interface Made {
  elk: ElkNode;
  nodes: Map<string, GraphNode>;
  edges: Map<string, GraphEdge>;
}

/**
 * The graph as ELK takes it. An outer flow runs down; a chain within a Map runs across where it is short. The head of
 * a Map is `itemsRoom` wider than its words, for its items.
 */
export function elkOf(machine: GraphMachine, measure: Measure, itemsRoom = 0): Made {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const leaf = (node: GraphNode): ElkNode => {
    const isChoice = node.type === 'Choice';
    const isPill = node.type === 'Succeed' || node.type === 'Fail';
    const width = Math.round(measure(node.name, 'name')) + (isChoice ? 82 : isPill ? 58 : 78);
    return { id: node.id, width: Math.max(isPill ? 90 : 156, width), height: isChoice || isPill ? 36 : 44 };
  };
  const content = (one: GraphMachine): { children: ElkNode[]; edges: ElkExtendedEdge[] } => ({
    children: one.nodes.map((node) => {
      nodes.set(node.id, node);
      return node.branches.length ? lane(node) : leaf(node);
    }),
    edges: one.edges.map((edge) => {
      edges.set(edge.id, edge);
      return {
        id: edge.id,
        sources: [edge.from],
        targets: [edge.to],
        ...(edge.label
          ? {
              labels: [
                { text: edge.label, width: Math.round(measure(edge.label, 'label')) + 10, height: 16 },
              ],
            }
          : {}),
      };
    }),
  });
  const lane = (node: GraphNode): ElkNode => {
    const inner = node.branches.map(content);
    const isAcross =
      node.branches.length === 1 &&
      (node.branches[0]?.nodes.length ?? 0) <= ACROSS_MAX &&
      node.branches[0]?.edges.every((edge) => edge.kind === 'next');
    const chips = node.type === 'Map' ? itemsRoom : 0;
    const least = Math.round(measure(node.name, 'name') + measure(node.note, 'label')) + 90 + chips;
    return {
      id: node.id,
      children: inner.flatMap((one) => one.children),
      edges: inner.flatMap((one) => one.edges),
      layoutOptions: {
        ...common,
        'elk.direction': isAcross ? 'RIGHT' : 'DOWN',
        // Branches stand side by side.
        'elk.aspectRatio': '100',
        'elk.padding': `[top=${HEAD + 8},left=16,bottom=14,right=16]`,
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        'elk.nodeSize.minimum': `(${least}, 60)`,
      },
    };
  };
  const whole = content(machine);
  const dot = { width: 12, height: 12 };
  whole.children.unshift({ id: START, ...dot });
  whole.edges.push({ id: `${START}→`, sources: [START], targets: [machine.start] });
  if (machine.ends.length) {
    whole.children.push({ id: END, ...dot });
    machine.ends.forEach((from) =>
      whole.edges.push({ id: `${from}→${END}`, sources: [from], targets: [END] }),
    );
  }
  return {
    elk: {
      id: 'root',
      ...whole,
      layoutOptions: {
        ...common,
        'elk.direction': 'DOWN',
        'elk.padding': '[top=16,left=20,bottom=16,right=20]',
      },
    },
    nodes,
    edges,
  };
}

export const START = '\u0000start';
export const END = '\u0000end';

const common = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'SEPARATE_CHILDREN',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '18',
  'elk.spacing.edgeLabel': '4',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED',
  'elk.edgeLabels.placement': 'CENTER',
  'elk.separateConnectedComponents': 'true',
};

/** What ELK answered, as boxes and lines. */
export function layoutFrom(answer: ElkNode, made: Pick<Made, 'nodes' | 'edges'>): Layout {
  const boxes: Box[] = [];
  const lines: Line[] = [];
  const take = (container: ElkNode, dx: number, dy: number, parent: string | undefined): void => {
    for (const child of container.children ?? []) {
      const { id, x = 0, y = 0, width = 0, height = 0 } = child;
      const node = made.nodes.get(id);
      boxes.push({
        id,
        ...(node ? { node } : { dot: id === START ? 'start' : 'end' }),
        ...(parent === undefined ? {} : { parent }),
        x,
        y,
        width,
        height,
      });
      take(child, dx + x, dy + y, id);
    }
    for (const edge of container.edges ?? []) {
      const section = edge.sections?.[0];
      if (!section) continue;
      const label = edge.labels?.[0];
      const known = made.edges.get(edge.id);
      lines.push({
        id: edge.id,
        ...(known ? { edge: known } : {}),
        from: edge.sources[0] ?? '',
        to: edge.targets[0] ?? '',
        points: [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map((p) => ({
          x: p.x + dx,
          y: p.y + dy,
        })),
        ...(label
          ? {
              label: {
                x: (label.x ?? 0) + (label.width ?? 0) / 2 + dx,
                y: (label.y ?? 0) + (label.height ?? 0) / 2 + dy,
              },
            }
          : {}),
      });
    }
  };
  take(answer, 0, 0, undefined);
  return { boxes, lines, width: answer.width ?? 0, height: answer.height ?? 0 };
}

/** An orthogonal line with round corners. */
export function pathOf(points: readonly { x: number; y: number }[], radius = 8): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${first.x} ${first.y}`;
  rest.forEach((corner, i) => {
    const next = rest[i + 1];
    const before = i === 0 ? first : rest[i - 1];
    if (!next || !before) {
      path += `L${corner.x} ${corner.y}`;
      return;
    }
    const a = toward(corner, before, radius);
    const b = toward(corner, next, radius);
    path += `L${a.x} ${a.y}Q${corner.x} ${corner.y} ${b.x} ${b.y}`;
  });
  return path;
}

function toward(
  from: { x: number; y: number },
  to: { x: number; y: number },
  most: number,
): { x: number; y: number } {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length === 0 ? 0 : Math.min(most, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
