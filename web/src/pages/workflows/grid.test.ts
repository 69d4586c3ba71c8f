import { expect, test } from 'vitest';
import { daysOf, lookOf, moved, segmentsOf, stepsOf, type Grid, type GridRun } from './grid';

const run = (status: string, duration_ms?: number): GridRun => ({
  run: 1,
  name: 'r',
  status,
  version: 1,
  started_at: '2026-11-29T00:00:00Z',
  ...(duration_ms === undefined ? {} : { duration_ms }),
});
const state = (path: string, type: string, share: number, busy: (number | null)[]) => ({
  name: path,
  definition_path: path,
  type,
  depth: 0,
  share,
  usual: null,
  cells: busy.map((ms) => (ms === null ? null : { status: 'succeeded', busy_ms: ms, entered: 1 })),
});
const grid = {
  as_of: '1',
  complete: true,
  workflow: 'w',
  versions: [],
  usual: null,
  runs: [run('succeeded', 100), run('failed', 50)],
  states: [
    state('M', 'Map', 0.9, [90, 40]),
    state('M/A', 'Task', 0.6, [120, 40]),
    state('B', 'Task', 0.3, [60, null]),
  ],
} satisfies Grid;

test('a state that a good run did not enter was not taken; of a failed run it was not reached', () => {
  expect(lookOf(null, run('succeeded')).status).toBe('skipped');
  expect(lookOf(null, run('failed')).status).toBe('not_reached');
  expect(lookOf({ status: 'failed', busy_ms: 1, entered: 6, failed: 2, retries: 1 }, run('failed'))).toEqual({
    status: 'failed',
    isRetried: true,
    title: 'failed, 2 of 6 failed, 1 retried',
  });
});

test('bars are never longer than their run, also where items ran side by side', () => {
  const steps = stepsOf(grid);
  expect(steps.map((one) => one.definition_path)).toEqual(['M/A', 'B']);
  expect(segmentsOf(grid, 0, steps).reduce((sum, one) => sum + one.ms, 0)).toBeCloseTo(100);
  expect(segmentsOf(grid, 1, steps).map((one) => one.ms)).toEqual([40]);
});

test.each([
  ['ArrowUp', { row: 0, column: 1 }],
  ['ArrowDown', { row: 1, column: 1 }],
  ['ArrowLeft', { row: 0, column: 0 }],
  ['End', { row: 0, column: 4 }],
])('%s moves within the grid', (key, to) => expect(moved({ row: 0, column: 1 }, key, 2, 5)).toEqual(to));

test('a day is told by its worst outcome, and by whether it was mended', () =>
  expect(
    daysOf(
      ['2026-11-27T00:00:00Z', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z', '2026-11-30T00:00:00Z'],
      [{ succeeded: 3 }, { succeeded: 1, failed: 1 }, { timed_out: 1 }, {}],
    ).map((day) => day.status),
  ).toEqual(['succeeded', 'mended', 'failed', 'none']));
