import { expect, test } from 'vitest';
import { rowsOf, ticksOf, treeOf, type StateEntry } from './model';

const at = (ms: number) => new Date(1_000_000 + ms).toISOString();
const entry = (
  path: string,
  from: number,
  to: number | undefined,
  more: Partial<StateEntry> = {},
): StateEntry => ({
  path,
  definition_path: path.replace(/\[\d+\]/g, ''),
  state: path.split(' / ').at(-1) ?? '',
  type: 'Task',
  status: to === undefined ? 'running' : 'succeeded',
  entered_at: at(from),
  ...(to === undefined ? {} : { ended_at: at(to) }),
  ...more,
});
const view = (isOpen: (key: string) => boolean) => ({ start: 1_000_000, end: 1_010_000, isOpen });

test('an item is one row with its states as segments, and unfolds to a row each', () => {
  const states = [
    entry('Each', 0, 300, { type: 'Map' }),
    entry('Each[0] / A', 0, 100),
    entry('Each[1] / A', 0, 120),
    entry('Each[0] / B', 100, 200),
  ];
  const folded = rowsOf(
    treeOf(states),
    view((key) => key === 'Each'),
  );
  expect(folded.map((row) => [row.label, row.bars.length])).toEqual([
    ['Each', 1],
    ['Item 1', 2],
    ['Item 2', 1],
  ]);
  const open = rowsOf(
    treeOf(states),
    view((key) => key !== 'Each[1]'),
  );
  expect(open.map((row) => row.label)).toEqual(['Each', 'Item 1', 'A', 'B', 'Item 2']);
});

test('attempts are bars of their own, with the pause between and the time in the queue', () => {
  const attempts = [
    { status: 'failed', scheduled_at: at(0), started_at: at(10), ended_at: at(20), error: 'E_LOCKED' },
    { status: 'running', scheduled_at: at(1020), started_at: at(1020) },
  ];
  const [row] = rowsOf(
    treeOf([entry('Load', 0, undefined, { attempts })]),
    view(() => true),
  );
  expect(row?.bars.map((bar) => [bar.kind, bar.from, bar.to, bar.label])).toEqual([
    ['queued', 0, 10, 'queued'],
    ['ran', 10, 20, 'E_LOCKED'],
    ['backoff', 20, 1020, 'retry'],
    ['ran', 1020, 10_000, 'Load 2'],
  ]);
});

test('a state that is entered again has a row again', () => {
  const rows = rowsOf(
    treeOf([entry('Poll', 0, 10), entry('Wait', 10, 20, { type: 'Wait' }), entry('Poll', 20, 30)]),
    view(() => true),
  );
  expect(rows.map((row) => [row.label, row.from])).toEqual([
    ['Poll', 0],
    ['Wait', 10],
    ['Poll', 20],
  ]);
});

test.each([
  [11_000, 1000],
  [650, 100],
  [3_600_000 * 5, 1_800_000],
])('an axis of %d ms has steps of %d', (span, step) => expect(ticksOf(span).step).toBe(step));
