import { expect, test } from 'vitest';
import { compared } from './compare';

const state = (path: string, status: string, ms?: number, type = 'Task') => ({
  name: path.split('/').at(-1) ?? '',
  definition_path: path,
  type,
  depth: path.split('/').length - 1,
  status,
  usual: null,
  ...(ms === undefined ? {} : { entered: 1, duration_ms: ms }),
});

test('the first leaf whose outcome differs is where they part, not the lane around it', () => {
  const rows = compared(
    [
      state('A', 'succeeded', 10),
      state('M', 'failed', 50, 'Map'),
      state('M/V', 'failed', 40),
      state('M/L', 'not_reached'),
    ],
    [
      state('A', 'succeeded', 12),
      state('M', 'succeeded', 90, 'Map'),
      state('M/V', 'succeeded', 30),
      state('M/L', 'succeeded', 20),
      state('Gone', 'succeeded', 1),
    ],
  );
  expect(rows.map((row) => [row.definition_path, row.here, row.there, row.isParting])).toEqual([
    ['A', 'succeeded', 'succeeded', false],
    ['M', 'failed', 'succeeded', false],
    ['M/V', 'failed', 'succeeded', true],
    ['M/L', 'not_reached', 'succeeded', false],
    ['Gone', 'not_reached', 'succeeded', false],
  ]);
  expect(rows.map((row) => [row.tookHere, row.tookThere])).toEqual([
    [10, 12],
    [50, 90],
    [40, 30],
    [undefined, 20],
    [undefined, 1],
  ]);
});
