// What differs between two texts, line by line.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** Its number in the old text, in the new one. */
  before: number | undefined;
  after: number | undefined;
}

/** Myers' shortest edit, on the lines between a common head and a common tail. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) ++head;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    ++tail;
  const lines: DiffLine[] = [];
  const same = (i: number, j: number) =>
    lines.push({ kind: 'same', text: a[i] ?? '', before: i + 1, after: j + 1 });
  for (let i = 0; i < head; ++i) same(i, i);
  for (const step of editsOf(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    if (step.kind === 'same') same(head + step.i, head + step.j);
    else if (step.kind === 'removed')
      lines.push({
        kind: 'removed',
        text: a[head + step.i] ?? '',
        before: head + step.i + 1,
        after: undefined,
      });
    else
      lines.push({
        kind: 'added',
        text: b[head + step.j] ?? '',
        before: undefined,
        after: head + step.j + 1,
      });
  }
  for (let i = tail; i > 0; --i) same(a.length - i, b.length - i);
  return lines;
}

interface Step {
  kind: DiffLine['kind'];
  i: number;
  j: number;
}

/** So many differences are looked for; beyond, the whole is taken for changed. */
const EDITS_MAX = 2_000;

function editsOf(a: readonly string[], b: readonly string[]): Step[] {
  const most = Math.min(a.length + b.length, EDITS_MAX);
  let reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= most; ++d) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let i = isDown ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (i < a.length && i - k < b.length && a[i] === b[i - k]) ++i;
      reach = reach.set(k, i);
      if (i >= a.length && i - k >= b.length) return walkBack(trace, a.length, b.length);
    }
  }
  return [
    ...a.map((_, i): Step => ({ kind: 'removed', i, j: 0 })),
    ...b.map((_, j): Step => ({ kind: 'added', i: 0, j })),
  ];
}

function walkBack(trace: readonly Map<number, number>[], endA: number, endB: number): Step[] {
  const steps: Step[] = [];
  let i = endA;
  let j = endB;
  for (let d = trace.length - 1; d >= 0; --d) {
    const reach = trace[d] ?? new Map<number, number>();
    const k = i - j;
    const isDown = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const from = isDown ? k + 1 : k - 1;
    const beforeI = reach.get(from) ?? 0;
    const beforeJ = beforeI - from;
    while (i > beforeI && j > beforeJ && i > 0 && j > 0) steps.push({ kind: 'same', i: --i, j: --j });
    if (d === 0) break;
    if (isDown) steps.push({ kind: 'added', i, j: --j });
    else steps.push({ kind: 'removed', i: --i, j });
  }
  return steps.reverse();
}

export type Part = { kind: 'lines'; lines: DiffLine[] } | { kind: 'fold'; count: number };

/** What is unchanged for long is folded, but for three lines around each change. */
export function foldSame(lines: readonly DiffLine[], around = 3): Part[] {
  const keep = new Set<number>();
  lines.forEach((line, i) => {
    if (line.kind !== 'same') for (let k = i - around; k <= i + around; ++k) keep.add(k);
  });
  const parts: Part[] = [];
  lines.forEach((line, i) => {
    const last = parts.at(-1);
    if (keep.has(i)) {
      if (last?.kind === 'lines') last.lines.push(line);
      else parts.push({ kind: 'lines', lines: [line] });
    } else if (last?.kind === 'fold') last.count++;
    else parts.push({ kind: 'fold', count: 1 });
  });
  return parts;
}
