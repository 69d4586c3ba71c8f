import { expect, test } from 'vitest';
import { columnsOf, quarantinesOf, reasonsOf, rejectedRow } from './quarantine';
import type { Result } from './checks';

const check = (name: string, column: string, failed: number, samples: object[]) => ({
  name,
  kind: 'type',
  column,
  status: failed ? 'fail' : 'pass',
  evaluated: 9,
  failed,
  samples,
});
const result = (path: string, quarantine: object | null, checks: object[] = []): Result => ({
  state: 'Validate',
  definition_path: 'Each/Validate',
  path,
  task: 'validate',
  status: 'warn',
  at: '2026-11-29T12:00:00Z',
  result: { quarantine, checks },
});

const distance = { line: 7, value: 'n/a', row: { id: '1', origin: null } };
const origin = { line: 7, value: null, row: { id: '1', distance: 'n/a' } };
const delay = { line: 3, value: '9999', row: { id: '2' } };

test('files are listed by how much is in them; what wrote none is none', () => {
  const files = quarantinesOf(
    [
      result('A', null),
      result('B', { uri: 'lake://q/b', rows: 1 }),
      result('C', { uri: 'lake://q/c', rows: 0 }),
      result('D', { uri: 'lake://q/d', rows: 5 }),
    ],
    '7',
  );
  expect(files.map((file) => [file.path, file.count])).toEqual([
    ['D', 5],
    ['B', 1],
  ]);
});

test('a row that fails two checks is one row with two reasons, and rows stand by their line', () => {
  const [file] = quarantinesOf(
    [
      result('A', { uri: 'lake://q', rows: 2 }, [
        check('distance.type', 'distance', 1, [distance]),
        check('origin.not_null', 'origin', 1, [origin]),
        check('delay.max', 'delay', 1, [delay]),
        check('id.type', 'id', 0, []),
      ]),
    ],
    '7',
  );
  expect(file?.rows.map((row) => [row.line, row.reasons])).toEqual([
    [3, ['delay.max']],
    [7, ['distance.type', 'origin.not_null']],
  ]);
  expect(file?.rows[1]?.cells).toEqual({ id: '1', origin: 'null', distance: 'n/a' });
  expect(columnsOf(file?.rows ?? [], 3)).toEqual(['delay', 'distance', 'origin']);
});

test('of a broken line the line is shown, and what is wrong with it', () => {
  const broken = { line: 4, reason: 'expected 6 fields, but got 2', value: '9,x' };
  const structure = { name: 'structure', kind: 'structure', status: 'fail', evaluated: 9, failed: 1 };
  const [file] = quarantinesOf(
    [result('A', { uri: 'lake://q', rows: 1 }, [{ ...structure, samples: [broken] }])],
    '7',
  );
  expect(file?.rows[0]?.why).toBe('expected 6 fields, but got 2');
  expect(file?.rows[0]?.cells).toEqual({ 'the line': '9,x' });
});

test('a reason is counted over all files', () => {
  const files = ['A', 'B'].map((path) =>
    result(path, { uri: `lake://q/${path}`, rows: 3 }, [
      check('a', 'x', 1, []),
      check('b', 'y', path === 'A' ? 2 : 3, []),
    ]),
  );
  expect(reasonsOf(quarantinesOf(files, '7')).map(({ name, count }) => [name, count])).toEqual([
    ['b', 5],
    ['a', 2],
  ]);
});

test('a file is of the run whose result it is', () => {
  const made = { uri: 'lake://q', rows: 1 };
  const files = quarantinesOf([result('A', made), { ...result('B', made), run: 12 }], 'w/last');
  expect(files.map((file) => file.run)).toEqual(['w/last', '12']);
});

test('a row of the file has the judged columns marked, and says what was wrong', () => {
  const checks = quarantinesOf(
    [result('A', { uri: 'q', rows: 1 }, [check('a.type', 'a', 1, []), check('a.min', 'a', 1, [])])],
    '7',
  )[0]?.checks;
  const at = { file: 'in.csv', line: 3 };
  const bad = { ...at, reasons: ['a.type', 'a.min'], raw: null, cells: { id: '1', a: null } };
  expect(rejectedRow(bad, 4, checks ?? [])).toEqual({
    ...at,
    key: '4',
    reasons: ['a.type', 'a.min'],
    bad: ['a'],
    cells: { id: '1', a: 'null' },
  });
  const broken = {
    ...at,
    reasons: ['structure: expected 2 fields, but got 1'],
    raw: '9',
    cells: { id: null },
  };
  const row = rejectedRow(broken, 0, checks ?? []);
  expect([row.reasons, row.why, row.cells]).toEqual([
    ['structure'],
    'expected 2 fields, but got 1',
    { 'the line': '9' },
  ]);
});
