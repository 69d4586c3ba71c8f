import { expect, test } from 'vitest';
import { ledgerOf, matrixOf, totalOf } from './ledger';
import { samplesOf } from './checks';
import type { Result } from './checks';

const result = (path: string, task: string, status: string, rows: Record<string, number>): Result => ({
  state: path.split(' / ').at(-1) ?? '',
  definition_path: path,
  path,
  task,
  status,
  at: '2026-11-29T00:00:00Z',
  result: { rows },
});

test('rows are read where they come in, dropped behind, and loaded at the end', () => {
  const rows = ledgerOf([
    result('Each[1] / Validate', 'validate', 'failed', { read: 10, good: 7, rejected: 3 }),
    result('Each[0] / Validate', 'validate', 'success', { read: 10, good: 10, rejected: 0 }),
    result('Each[0] / Clean', 'etl', 'success', { read: 10, good: 9, rejected: 0, dropped: 1 }),
    result('Each[0] / Load', 'load', 'success', { read: 9, good: 9, inserted: 4, updated: 2, unchanged: 3 }),
  ]);
  expect(
    rows.map((row) => [
      row.label,
      row.read,
      row.good,
      row.rejected,
      row.dropped,
      row.inserted,
      row.updated,
      row.unchanged,
      row.status,
    ]),
  ).toEqual([
    ['Each, item 1', 10, 10, 0, 1, 4, 2, 3, 'succeeded'],
    ['Each, item 2', 10, 7, 3, 0, 0, 0, 0, 'failed'],
  ]);
  expect(totalOf(rows)).toEqual({
    read: 20,
    good: 17,
    rejected: 3,
    dropped: 1,
    inserted: 4,
    updated: 2,
    unchanged: 3,
  });
});

test('an item is whole only if each of its tasks accounts for every row, whatever was dropped elsewhere', () => {
  const whole = (...rows: Record<string, number>[]) =>
    ledgerOf(rows.map((one, i) => result(`Each[0] / T${i}`, 'etl', 'success', one)))[0]?.isBalanced;
  expect(whole({ read: 10, good: 8, rejected: 2 }, { read: 8, good: 7, rejected: 0, dropped: 1 })).toBe(true);
  expect(whole({ read: 4, added: 2, good: 6, rejected: 0 })).toBe(true);
  expect(whole({ read: 10, good: 8, rejected: 1 }, { read: 8, good: 7, rejected: 0, dropped: 1 })).toBe(
    false,
  );
});

test('checks that failed stand first', () => {
  const checks = (one: Result) => [
    { name: 'a', status: 'pass', failed: 0 },
    { name: 'b', status: one.path.includes('[1]') ? 'fail' : 'pass', failed: 0 },
  ];
  const rows = matrixOf(
    [result('M[0] / V', 'validate', 'success', {}), result('M[1] / V', 'validate', 'failed', {})],
    checks,
  );
  expect(rows.map((row) => [row.check, row.cells.map((cell) => cell.status)])).toEqual([
    ['b', ['pass', 'fail']],
    ['a', ['pass', 'pass']],
  ]);
});

test('examples have the line, the judged column, and what stands beside it; null is said', () => {
  const check = {
    name: 'c',
    kind: 'min',
    column: 'delay',
    status: 'fail',
    evaluated: 2,
    failed: 1,
    samples: [{ line: 7, value: null, row: { origin: 'ANC', delay: 'x' } }],
  };
  expect(samplesOf(check, 3)).toEqual({
    columns: ['line', 'delay', 'origin'],
    rows: [{ line: '7', delay: 'null', origin: 'ANC' }],
  });
});
