import { expect, test } from 'vitest';
import { diffLines, foldSame } from './lines';

/** What the diff says must give both texts back. */
function sides(before: string, after: string): [string, string] {
  const lines = diffLines(before, after);
  const of = (kind: 'added' | 'removed') =>
    lines
      .filter((line) => line.kind !== kind)
      .map((line) => line.text)
      .join('\n');
  return [of('added'), of('removed')];
}

test.each([
  ['a\nb\nc', 'a\nx\nc'],
  ['', 'a'],
  ['a\nb', ''],
  ['a\na\na', 'a\na'],
  ['x\ny\nz\nw', 'y\nz\nw\nx'],
])('both sides of %j and %j come out of their difference', (before, after) =>
  expect(sides(before, after)).toEqual([before, after]),
);

test('generated texts come out of their difference, with no more changes than a naive count', () => {
  let seed = 7;
  const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 300; ++round) {
    const text = () => Array.from({ length: next(9) }, () => 'abc'[next(3)]).join('\n');
    const [before, after] = [text(), text()];
    expect(sides(before, after)).toEqual([before, after]);
    const [a, b] = [before.split('\n'), after.split('\n')];
    const changes = diffLines(before, after).filter((line) => line.kind !== 'same').length;
    expect(changes).toBe(a.length + b.length - 2 * common(a, b));
  }
});

/** The length of the longest common subsequence. */
function common(a: string[], b: string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; ++i)
    for (let j = 1; j <= b.length; ++j) {
      const [up, left, over] = [table[i - 1]?.[j] ?? 0, table[i]?.[j - 1] ?? 0, table[i - 1]?.[j - 1] ?? 0];
      const row = table[i];
      if (row) row[j] = a[i - 1] === b[j - 1] ? over + 1 : Math.max(up, left);
    }
  return table[a.length]?.[b.length] ?? 0;
}

test('what is unchanged for long is folded, three lines around a change stay', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  const after = before.map((line, i) => (i === 10 ? 'other' : line));
  const parts = foldSame(diffLines(before.join('\n'), after.join('\n')));
  expect(parts.map((part) => (part.kind === 'fold' ? part.count : part.lines.length))).toEqual([7, 8, 6]);
});
