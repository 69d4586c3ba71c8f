import {
  BaseEdge,
  EdgeLabelRenderer,
  Handle,
  MiniMap,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';
import { visible } from '@/formats';
import { statuses, statusOf, wordOf } from '@/status/status';
import { Button } from '../Button';
import { Icon } from '../Icon';
import { Skeleton } from '../Conditions';
import type { Machine } from './definition';
import { pathOf, START, type Box, type Layout, type Line } from './layout';
import { graphOf } from './model';
import { useLayout } from './useLayout';
import './graph.css';

/** What a run, or the workflow's past, says of a state. */
export interface NodeFacts {
  status?: string;
  /** "1.34 s, 37 rejected" */
  sub: string;
  /** "2 of 3" */
  attempts?: string;
}

interface GraphProps {
  machine: Machine;
  facts: ReadonlyMap<string, NodeFacts>;
  /** Ways that were taken: `from→to`, with `!` behind it for a Catch. Nothing: it is no run. */
  taken?: ReadonlySet<string>;
  chosen: string | undefined;
  onChoose: (definitionPath: string) => void;
  /** At the head of a Map: its items. */
  items?: (definitionPath: string) => ReactNode;
  height?: number;
}

interface Shared extends GraphProps {
  unfold: (id: string) => void;
}

const GraphContext = createContext<Shared | null>(null);
function useGraph(): Shared {
  const shared = useContext(GraphContext);
  if (!shared) throw new Error('useGraph() is for what stands in a graph');
  return shared;
}

/** Twelve chips. */
const ITEMS_ROOM = 400;

/** The definition, laid out once; what is known of a run changes within. */
export function Graph(props: GraphProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const machine = useMemo(() => graphOf(props.machine, open), [props.machine, open]);
  const { layout, fault } = useLayout(machine, props.items ? ITEMS_ROOM : 0);
  const unfold = (id: string) => setOpen((old) => new Set(old).add(id));
  if (fault) return <p className="card__foot">The graph could not be laid out: {fault}</p>;
  if (!layout)
    return (
      <div className="graph graph--empty" style={{ height: props.height ?? 420 }}>
        <Skeleton rows={4} />
      </div>
    );
  return (
    <GraphContext value={{ ...props, unfold }}>
      <ReactFlowProvider>
        <Canvas layout={layout} hasRun={props.taken !== undefined} height={props.height} />
      </ReactFlowProvider>
    </GraphContext>
  );
}

const nodeTypes = { state: StateNode, lane: LaneNode, dot: DotNode };
const edgeTypes = { way: WayEdge };

function Canvas({ layout, hasRun, height }: { layout: Layout; hasRun: boolean; height: number | undefined }) {
  const nodes = useMemo(() => layout.boxes.map(nodeOf), [layout]);
  const edges = useMemo(() => layout.lines.map(edgeOf), [layout]);
  const tall = height ?? Math.min(640, Math.max(220, layout.height + 24));
  const isLarge = layout.boxes.length > 60;
  return (
    <div className="graph graph--flow" style={{ height: tall }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        fitViewOptions={{ padding: 0.04, maxZoom: 1 }}
        minZoom={0.08}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        panOnScroll={isLarge}
        preventScrolling={isLarge}
        onlyRenderVisibleElements={isLarge}
        proOptions={{ hideAttribution: true }}
        aria-label="Graph"
      >
        {isLarge && <MiniMap pannable className="graph__map" nodeStrokeWidth={0} />}
      </ReactFlow>
      <Tools />
      {hasRun && <Legend />}
    </div>
  );
}

function Tools() {
  const flow = useReactFlow();
  return (
    <span className="graph__tools">
      <Button small kind="quiet" icon="minus" label="Zoom out" onClick={() => void flow.zoomOut()} />
      <Button small kind="quiet" icon="plus" label="Zoom in" onClick={() => void flow.zoomIn()} />
      <Button small kind="quiet" onClick={() => void flow.fitView({ padding: 0.04, maxZoom: 1 })}>
        Fit
      </Button>
    </span>
  );
}

function Legend() {
  const line = (className: string) => (
    <svg width="22" height="8" aria-hidden="true">
      <path className={`edge ${className}`} d="M1 4h20" />
    </svg>
  );
  return (
    <div className="graph__legend">
      <span>{line('is-taken')}taken</span>
      <span>{line('')}not taken</span>
      <span>{line('is-catch')}catch</span>
    </div>
  );
}

type BoxNode = Node<{ box: Box }>;
type WayLine = Edge<{ line: Line }>;

function nodeOf(box: Box): BoxNode {
  const isLane = (box.node?.branches.length ?? 0) > 0;
  return {
    id: box.id,
    type: box.dot ? 'dot' : isLane ? 'lane' : 'state',
    position: { x: box.x, y: box.y },
    width: box.width,
    height: box.height,
    style: { width: box.width, height: box.height },
    data: { box },
    ...(box.parent === undefined ? {} : { parentId: box.parent }),
    zIndex: isLane ? 0 : 1,
  };
}

const edgeOf = (line: Line): WayLine => ({
  id: line.id,
  source: line.from,
  target: line.to,
  type: 'way',
  data: { line },
  zIndex: 1,
});

/** React Flow draws no edge without them; where lines begin and end is the layout's. */
function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

const useIsFar = () => useStore((state) => state.transform[2] < 0.6);

function StateNode({ data }: NodeProps<BoxNode>) {
  const { facts, taken, chosen, onChoose, unfold } = useGraph();
  const isFar = useIsFar();
  const node = data.box.node;
  if (!node) return null;
  const known = facts.get(node.id);
  const status = known?.status ?? (taken ? 'not_reached' : undefined);
  const isChosen = chosen === node.id;
  const isPill = node.type === 'Succeed' || node.type === 'Fail';
  const classes = [
    'node node--flow',
    node.type === 'Choice' ? 'node--choice' : '',
    isPill ? 'node--pill' : '',
    status ? statuses[statusOf(status)].tone : '',
    isChosen ? 'is-chosen' : '',
  ];
  const said = [node.name, status && wordOf(status), known?.sub].filter(Boolean).join(', ');
  return (
    <>
      <Ends />
      <button
        type="button"
        className={classes.filter(Boolean).join(' ')}
        aria-pressed={isChosen}
        title={said}
        onClick={() => (node.isFolded ? unfold(node.id) : onChoose(node.id))}
      >
        {node.type === 'Choice' && (
          <svg className="shape" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <path d="M9 0H91L100 50L91 100H9L0 50z" />
          </svg>
        )}
        <span className="node__icon">
          <Icon name={status ? statuses[statusOf(status)].icon : node.icon} turns={status === 'running'} />
        </span>
        <span className="node__text">
          <span className="node__name bidi">{visible(node.name)}</span>
          {!isFar && (known?.sub || node.isFolded) && (
            <span className="node__sub">{node.isFolded ? 'folded: press to unfold' : known?.sub}</span>
          )}
          {status && <span className="visually-hidden">{wordOf(status)}</span>}
        </span>
        {known?.attempts ? (
          <span className="node__attempts">{known.attempts}</span>
        ) : (
          status &&
          node.type !== 'Choice' &&
          !isPill && (
            <span className="node__kind">
              <Icon name={node.icon} size="sm" />
            </span>
          )
        )}
      </button>
    </>
  );
}

function LaneNode({ data }: NodeProps<BoxNode>) {
  const { facts, taken, chosen, onChoose, items } = useGraph();
  const node = data.box.node;
  if (!node) return null;
  const status = facts.get(node.id)?.status ?? (taken ? 'not_reached' : undefined);
  return (
    <>
      <Ends />
      <div
        className={[
          'lane lane--flow',
          status ? statuses[statusOf(status)].tone : '',
          chosen === node.id ? 'is-chosen' : '',
        ]
          .filter(Boolean)
          .join(' ')}
      >
        <div className="lane__head">
          <Icon name={status ? statuses[statusOf(status)].icon : node.icon} turns={status === 'running'} />
          <button
            type="button"
            className="bidi"
            onClick={() => onChoose(node.id)}
            aria-pressed={chosen === node.id}
          >
            {visible(node.name)}
          </button>
          <small>{node.note}</small>
          {node.type === 'Map' && items?.(node.id)}
        </div>
      </div>
    </>
  );
}

function DotNode({ data }: NodeProps<BoxNode>) {
  return (
    <>
      <Ends />
      <span
        className={`dot dot--flow${data.box.dot === 'end' ? ' dot--end' : ''}`}
        title={data.box.dot === 'start' ? 'Start' : 'End'}
      />
    </>
  );
}

function WayEdge({ data }: EdgeProps<WayLine>) {
  const { taken, facts } = useGraph();
  const line = data?.line;
  if (!line) return null;
  const { edge } = line;
  const isTaken = taken !== undefined && (edge ? taken.has(edge.id) : isEndTaken(line, facts));
  const isRunning = edge !== undefined && isTaken && facts.get(edge.to)?.status === 'running';
  const look = [
    edge?.kind === 'catch' ? 'is-catch' : '',
    isRunning ? 'is-running' : isTaken ? 'is-taken' : '',
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <>
      <BaseEdge path={pathOf(line.points)} className={`edge ${look}`} interactionWidth={0} />
      <ArrowHead points={line.points} look={look} />
      {edge?.label && line.label && (
        <EdgeLabelRenderer>
          <span
            className={`edge-label${isTaken ? ' is-taken' : ''}`}
            style={{ left: line.label.x, top: line.label.y }}
          >
            {visible(edge.label)}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

/** The ways from the start and to the end are no transitions: they follow from the states there. */
function isEndTaken(line: Line, facts: GraphProps['facts']): boolean {
  const status = (id: string) => facts.get(id)?.status;
  return line.from === START ? status(line.to) !== undefined : status(line.from) === 'succeeded';
}

function ArrowHead({ points, look }: { points: Line['points']; look: string }) {
  const tip = points.at(-1);
  const before = points.at(-2);
  if (!tip || !before) return null;
  const turn = (Math.atan2(tip.y - before.y, tip.x - before.x) * 180) / Math.PI;
  return (
    <path
      className={`edge-head ${look}`}
      d="M0 0L-7 -3.5v7z"
      transform={`translate(${tip.x} ${tip.y}) rotate(${turn.toFixed(0)})`}
    />
  );
}
