import { expect, test } from 'vitest';
import {
  conditionNote,
  goingNote,
  lateNote,
  scheduleText,
  skippedReason,
  tileNote,
  type Cause,
  type Deadline,
  type Fire,
  type Going,
  type Home,
} from './words';

const tile = (count: number, worst: { workflow: string; count: number }[] = []) => ({
  count,
  worst,
  exact: true,
  bars: [],
});
const home = (over: Partial<Home>): Home =>
  ({
    tiles: {
      failed: tile(0),
      late: tile(0),
      running: tile(0),
      queued: tile(0),
      waiting: tile(0),
      succeeded: tile(0),
      aborted: tile(0),
    },
    causes: [],
    running: [],
    ...over,
  }) as unknown as Home;
const cause = (over: Partial<Cause>) =>
  ({ condition: 'new', count: 1, occurrences: [], successes: [], ...over }) as Cause;

test('a tile without runs says so', () =>
  expect(['failed', 'late', 'running', 'succeeded'].map((name) => tileNote(name, home({})))).toEqual([
    'none',
    'all as usual',
    'none',
    'none ended',
  ]));

test('a tile names the worst', () => {
  const tiles = {
    ...home({}).tiles,
    failed: tile(13),
    succeeded: tile(745),
    aborted: tile(2),
    waiting: tile(3, [
      { workflow: 'a', count: 2 },
      { workflow: 'b', count: 1 },
    ]),
  };
  const causes = [cause({}), cause({ condition: 'recovered' })];
  expect(tileNote('failed', home({ tiles, causes }))).toBe('2 causes, 1 of them open');
  expect(tileNote('failed', home({ tiles, causes: [cause({})] }))).toBe('1 cause, all open');
  expect(tileNote('succeeded', home({ tiles }))).toBe('98% of 760 ended');
  expect(tileNote('waiting', home({ tiles }))).toBe('a 2, b');
});

test('what is late is named, deadlines before runs', () => {
  const deadline = (over: object) =>
    ({
      workflow: 'banking-data-etl',
      kind: 'file_by',
      status: 'late',
      late_due: '2026-11-21T06:30:00Z',
      ...over,
    }) as unknown as Deadline;
  expect(lateNote([], home({}), 'UTC')).toBe('all as usual');
  expect(lateNote([deadline({})], home({}), 'UTC')).toBe('banking-data-etl, no file by 06:30');
  expect(lateNote([deadline({}), deadline({ kind: 'start_by' })], home({}), 'Europe/Berlin')).toBe(
    'banking-data-etl, no file by 07:30, and 1 more',
  );
});

test('a condition says what it means', () => {
  expect(conditionNote(cause({}))).toBe('never before');
  expect(
    conditionNote(cause({ condition: 'recovered', occurrences: [0, 2, 0, 0], successes: [9, 9, 30, 41] })),
  ).toBe('71 passed since');
  expect(conditionNote(cause({ condition: 'still_failing', count: 6 }))).toBe('6 failures in a row');
});

test('a run says what it does or what it waits for', () => {
  const run = (over: object) => ({ name: 'n', open: [], queued: null, ...over }) as unknown as Going;
  const queued = { state: 's', pool: 'warehouse', place: 2, holders: [] };
  expect(goingNote(run({ open: [{ path: 'Load' }, { path: 'Map[3] / x' }] }))).toBe('Load and 1 more');
  expect(goingNote(run({ queued }))).toBe('second in pool warehouse');
  expect(goingNote(run({ queued: { ...queued, pool: null, place: 7 } }))).toBe(
    'number 7 for a place in its workflow',
  );
  expect(goingNote(run({}))).toBe('n');
});

test('a schedule reads as its file says it', () => {
  const fire = (over: object) =>
    ({ kind: 'cron', expression: '5 * * * *', timezone: 'UTC', last: null, ...over }) as unknown as Fire;
  const crons = [
    '5 * * * *',
    '*/15 * * * *',
    '30 6 * * *',
    '0 6 * * MON-FRI',
    '0 6 1 * *',
    '0 6-8 * * *',
    '@daily',
  ];
  expect(crons.map((expression) => scheduleText(fire({ expression })))).toEqual([
    'hourly at :05',
    'every 15 minutes',
    '06:30',
    '06:00, MON-FRI',
    '0 6 1 * *',
    '0 6-8 * * *',
    '@daily',
  ]);
  expect(scheduleText(fire({ timezone: 'America/New_York' }))).toBe('hourly at :05 America/New_York');
  expect(scheduleText(fire({ kind: 'rate', expression: '15 minutes' }))).toBe('every 15 minutes');
  expect(scheduleText(fire({ kind: 'rate', expression: '1 hour' }))).toBe('every hour');
  expect(skippedReason(fire({}))).toBeUndefined();
  expect(skippedReason(fire({ last: { key: 'k', at: '', skipped: 'overlap' } }))).toBe(
    'its run before had not ended',
  );
});
