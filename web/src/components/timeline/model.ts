// Rows and bars of a run's timeline: nested as the graph, in the order of first entry.

export interface Attempt {
  status: string;
  scheduled_at: string;
  started_at?: string;
  ended_at?: string;
  error?: string;
}

export interface StateEntry {
  path: string;
  definition_path: string;
  state: string;
  type: string;
  status: string;
  entered_at: string;
  ended_at?: string;
  attempts?: Attempt[];
}

export interface Bar {
  kind: 'ran' | 'queued' | 'backoff' | 'lane' | 'waiting';
  /** Milliseconds since the run began. */
  from: number;
  to: number;
  status: string;
  label: string;
}

export interface Row {
  key: string;
  /** What is chosen when the row is pressed; an item has no state of its own. */
  path?: string;
  definition_path?: string;
  depth: number;
  label: string;
  note: string;
  status: string;
  bars: Bar[];
  duration: number;
  from: number;
  canFold: boolean;
  isOpen: boolean;
}

interface Tree {
  /** `Each month`, `Each month[5]`, `Each month[5] / Validate`. */
  key: string;
  label: string;
  entry?: StateEntry;
  children: Tree[];
}

/** The states as a tree; each item of a Map is a node of its own between the Map and its states. */
export function treeOf(states: readonly StateEntry[]): Tree[] {
  const roots: Tree[] = [];
  const known = new Map<string, Tree>();
  const place = (key: string, label: string, siblings: Tree[]): Tree => {
    const there = known.get(key);
    if (there) return there;
    const made: Tree = { key, label, children: [] };
    known.set(key, made);
    siblings.push(made);
    return made;
  };
  for (const entry of states) {
    let siblings = roots;
    let key = '';
    const parts = entry.path.split(' / ');
    for (const [i, part] of parts.entries()) {
      const isLast = i === parts.length - 1;
      const item = isLast ? null : /^(.*)\[(\d+)\]$/.exec(part);
      if (item) {
        const lane = place(`${key}${item[1] ?? ''}`, item[1] ?? '', siblings);
        const word = lane.entry?.type === 'Parallel' ? 'Branch' : 'Item';
        siblings = place(`${key}${part}`, `${word} ${Number(item[2]) + 1}`, lane.children).children;
      } else {
        const id = `${key}${part}`;
        // A state that a Choice leads back to is entered again: a row each.
        const node =
          isLast && known.get(id)?.entry
            ? place(`${id}#${siblings.length}`, part, siblings)
            : place(id, part, siblings);
        if (isLast) node.entry = entry;
        siblings = node.children;
      }
      key += `${part} / `;
    }
  }
  return roots;
}

const severities = ['failed', 'timed_out', 'aborted', 'caught', 'running', 'succeeded'];
const worse = (a: string, b: string) =>
  severities.indexOf(b) >= 0 && severities.indexOf(b) < severities.indexOf(a) ? b : a;

export interface View {
  /** When the run began, and when it ended or what time it is now. */
  start: number;
  end: number;
  isOpen: (key: string, node: { isItem: boolean; status: string }) => boolean;
}

/** The rows in sight. */
export function rowsOf(roots: readonly Tree[], view: View): Row[] {
  const rows: Row[] = [];
  const add = (node: Tree, depth: number): void => {
    const bars = node.entry ? barsOf(node.entry, view, node.children.length > 0) : itemBars(node, view);
    const status = node.entry?.status ?? statusOf(node);
    const from = Math.min(...bars.map((bar) => bar.from));
    const to = Math.max(...bars.map((bar) => bar.to));
    const canFold = node.children.length > 0;
    const isOpen = canFold && view.isOpen(node.key, { isItem: !node.entry, status });
    rows.push({
      key: node.key,
      ...(node.entry ? { path: node.entry.path, definition_path: node.entry.definition_path } : {}),
      depth,
      label: node.label,
      note: noteOf(node),
      status,
      // An item that is unfolded shows its span; its states have rows of their own.
      bars: isOpen && !node.entry ? [{ kind: 'lane', from, to, status, label: '' }] : bars,
      duration: to - from,
      from,
      canFold,
      isOpen,
    });
    if (isOpen) node.children.forEach((child) => add(child, depth + 1));
  };
  roots.forEach((root) => add(root, 0));
  return rows;
}

function noteOf(node: Tree): string {
  const tries = Math.max(0, ...[node, ...node.children].map((one) => one.entry?.attempts?.length ?? 0));
  const items = node.children.filter((child) => !child.entry);
  if (items.length) {
    const done = items.filter((item) => statusOf(item) === 'succeeded').length;
    return `${done} of ${items.length} done`;
  }
  return tries > 1 ? `${tries} attempts` : '';
}

const statusOf = (node: Tree): string =>
  node.children.reduce((status, child) => worse(status, child.entry?.status ?? statusOf(child)), 'succeeded');

const itemBars = (node: Tree, view: View): Bar[] =>
  node.children.flatMap((child) =>
    child.entry ? barsOf(child.entry, view, child.children.length > 0) : itemBars(child, view),
  );

const since = (at: string, view: View) => Date.parse(at) - view.start;

function barsOf(entry: StateEntry, view: View, isLane: boolean): Bar[] {
  const from = since(entry.entered_at, view);
  const to = entry.ended_at === undefined ? view.end - view.start : since(entry.ended_at, view);
  const whole = { from, to, status: entry.status, label: entry.state };
  if (isLane || entry.type === 'Map' || entry.type === 'Parallel')
    return [{ ...whole, kind: 'lane', label: '' }];
  if (entry.type === 'Wait') return [{ ...whole, kind: 'waiting' }];
  const attempts = entry.attempts ?? [];
  if (attempts.length === 0) return [{ ...whole, kind: 'ran' }];
  return attempts.flatMap((attempt, i) => attemptBars(entry, attempt, i, attempts, to, view));
}

function attemptBars(
  entry: StateEntry,
  attempt: Attempt,
  i: number,
  all: readonly Attempt[],
  to: number,
  view: View,
): Bar[] {
  const bars: Bar[] = [];
  const scheduled = since(attempt.scheduled_at, view);
  const started = attempt.started_at === undefined ? to : since(attempt.started_at, view);
  const ended = attempt.ended_at === undefined ? to : since(attempt.ended_at, view);
  const name = all.length > 1 ? `${entry.state} ${i + 1}` : entry.state;
  if (started > scheduled)
    bars.push({ kind: 'queued', from: scheduled, to: started, status: 'queued', label: 'queued' });
  if (attempt.started_at !== undefined) {
    bars.push({
      kind: 'ran',
      from: started,
      to: ended,
      status: attempt.status,
      label: attempt.error ?? name,
    });
  }
  const next = all[i + 1];
  const resumes = next
    ? since(next.scheduled_at, view)
    : entry.status === 'running' && attempt.status === 'failed'
      ? to
      : ended;
  if (resumes > ended)
    bars.push({ kind: 'backoff', from: ended, to: resumes, status: 'retrying', label: 'retry' });
  return bars;
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 86_400_000,
];

/** Marks of the axis, in round steps: at most `most` of them. */
export function ticksOf(span: number, most = 11): { step: number; at: number[] } {
  const days = 86_400_000;
  const step = STEPS.find((one) => span / one <= most) ?? Math.ceil(span / most / days) * days;
  return { step, at: Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step) };
}
