// The grid of states and runs: what each cell shows, and the bars above.
import type { Schemas } from '@/api';

export type Grid = Schemas['Grid'];
export type GridState = Grid['states'][number];
export type GridRun = Grid['runs'][number];
type Cell = GridState['cells'][number];

export interface Look {
  status: string;
  isRetried: boolean;
  title: string;
}

/** Null says that the run has not come there: not reached if it ended badly, else not taken. */
export function lookOf(cell: Cell | undefined, run: GridRun): Look {
  if (!cell) {
    const isOver = run.status === 'succeeded';
    return {
      status: isOver ? 'skipped' : 'not_reached',
      isRetried: false,
      title: isOver ? 'not taken' : 'not reached',
    };
  }
  const failed = cell.failed && cell.entered > 1 ? `, ${cell.failed} of ${cell.entered} failed` : '';
  return {
    status: cell.status,
    isRetried: (cell.retries ?? 0) > 0,
    title: `${cell.status}${failed}${cell.retries ? `, ${cell.retries} retried` : ''}`,
  };
}

export interface Segment {
  definition_path: string;
  ms: number;
  /** Of the shades, the lowest is the first step. */
  shade: number;
}

const SHADES = 6;

/** The steps whose time is shown, those that cost most, in flow order; lanes are told by what is in them. */
export function stepsOf(grid: Grid): GridState[] {
  const leaves = grid.states.filter((state) => state.type !== 'Map' && state.type !== 'Parallel');
  const most = [...leaves].sort((a, b) => b.share - a.share).slice(0, SHADES - 1);
  return leaves.filter((state) => most.includes(state) && state.share > 0.005);
}

/** The parts of a run's bar: its duration, divided as its steps were busy. */
export function segmentsOf(grid: Grid, at: number, steps: readonly GridState[]): Segment[] {
  const whole = grid.runs[at]?.duration_ms;
  if (whole === undefined) return [];
  const busy = steps.map((state) => state.cells[at]?.busy_ms ?? 0);
  const sum = busy.reduce((a, b) => a + b, 0);
  if (sum === 0) return [];
  // Items that run side by side are busy for longer than the run took.
  const scale = Math.min(1, whole / sum);
  return steps.flatMap((state, i) => {
    const ms = (busy[i] ?? 0) * scale;
    return ms > 0 ? [{ definition_path: state.definition_path, ms, shade: Math.min(SHADES, i + 2) }] : [];
  });
}

/** The cell that a key leads to. Row 0 is the run itself. */
export function moved(
  at: { row: number; column: number },
  key: string,
  rows: number,
  columns: number,
): { row: number; column: number } | undefined {
  const by = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -columns],
    End: [0, columns],
  }[key];
  if (!by) return undefined;
  const keep = (n: number, most: number) => Math.max(0, Math.min(most - 1, n));
  return { row: keep(at.row + (by[0] ?? 0), rows), column: keep(at.column + (by[1] ?? 0), columns) };
}

export interface Day {
  /** Midnight, UTC. */
  at: number;
  status: 'none' | 'succeeded' | 'failed' | 'stopped' | 'mended' | 'running';
  runs: number;
}

/** A day by its worst outcome; one that failed and succeeded, too, was mended. */
export function daysOf(intervals: readonly string[], items: readonly Record<string, number>[]): Day[] {
  return intervals.map((text, i) => {
    const one = items[i] ?? {};
    const n = (key: string) => one[key] ?? 0;
    const bad = n('failed') + n('timed_out');
    const runs = bad + n('aborted') + n('succeeded') + n('running');
    const status =
      bad > 0
        ? n('succeeded') > 0
          ? 'mended'
          : 'failed'
        : n('aborted') > 0
          ? 'stopped'
          : n('succeeded') > 0
            ? 'succeeded'
            : n('running') > 0
              ? 'running'
              : 'none';
    return { at: Date.parse(text), status, runs };
  });
}
