import { expect, test } from 'vitest';
import type { Overview, StateRow } from './data';
import { entriesOf, type HistoryEvent } from './history';
import { entriesUpTo, overviewUpTo, pastOf, rowOf, rowsUpTo } from './travel';

const iso = (second: number) => new Date(second * 1000).toISOString();
/** The nth event comes in second n, behind the one before it. */
const historyOf = (...told: (readonly [type: string, details?: object, before?: number])[]): HistoryEvent[] =>
  told.map(([type, details, before], i) => ({
    id: i + 1,
    previousEventId: before ?? i,
    type,
    timestamp: i + 1,
    ...(details ? { theEventDetails: details } : {}),
  }));
const row = (state: string, more: Partial<StateRow>): StateRow => ({
  state,
  definition_path: state,
  path: state,
  frame: 0,
  type: 'Task',
  status: 'succeeded',
  entered_at: iso(2),
  ...more,
});
const attempt = (n: number, from: number, to: number, status: 'failed' | 'succeeded') => ({
  attempt: n,
  scheduled_at: iso(from),
  started_at: iso(from),
  ended_at: iso(to),
  status,
});

const events = historyOf(
  ['ExecutionStarted'],
  ['TaskStateEntered', { name: 'Load' }, 0],
  ['TaskScheduled'],
  ['TaskStarted'],
  ['TaskFailed', { error: 'E' }],
  ['TaskScheduled'],
  ['TaskStarted'],
  ['TaskSucceeded'],
  ['TaskStateExited', { name: 'Load' }],
  ['FailStateEntered', { name: 'Bad' }],
  ['ExecutionFailed', { error: 'E' }],
);
const rows = [
  row('Load', {
    ended_at: iso(9),
    duration_ms: 7000,
    rows: { read: 3 },
    attempts: [attempt(1, 3, 5, 'failed'), attempt(2, 6, 8, 'succeeded')],
  }),
  row('Bad', { type: 'Fail', status: 'failed', entered_at: iso(10), ended_at: iso(11), error: 'E' }),
];
const entries = entriesOf(events);
const past = (id: number, of = events) => {
  const found = pastOf(of, id);
  if (!found) throw new Error('there are events');
  return found;
};
const told = (id: number) =>
  rowsUpTo(rows, entries, past(id)).map((one) => [
    one.state,
    one.status,
    ...(one.attempts?.map((each) => each.status) ?? []),
  ]);

test('a state is there once it was entered, and runs until it was left', () => {
  expect(told(1)).toEqual([]);
  expect(told(2)).toEqual([['Load', 'running']]);
  expect(told(3)).toEqual([['Load', 'running', 'running']]);
  expect(told(5)).toEqual([['Load', 'running', 'failed']]);
  expect(told(6)).toEqual([['Load', 'running', 'failed', 'running']]);
  expect(told(8)).toEqual([['Load', 'running', 'failed', 'succeeded']]);
  expect(told(9)).toEqual([['Load', 'succeeded', 'failed', 'succeeded']]);
  expect(told(10).at(-1)).toEqual(['Bad', 'running']);
  expect(told(11).at(-1)).toEqual(['Bad', 'failed']);
});

test('what only its end told of a state is not known before', () => {
  const [before] = rowsUpTo(rows, entries, past(8));
  expect([before?.duration_ms, before?.rows, before?.ended_at]).toEqual([undefined, undefined, undefined]);
  const [behind] = rowsUpTo(rows, entries, past(9));
  expect([behind?.duration_ms, behind?.rows, behind?.ended_at]).toEqual([7000, { read: 3 }, iso(9)]);
});

test('an attempt that is scheduled has not begun', () => {
  const begun = (id: number) => rowsUpTo(rows, entries, past(id))[0]?.attempts?.[0]?.started_at;
  expect([begun(3), begun(4)]).toEqual([undefined, iso(3)]);
});

test('an id that is beyond the events is the last one, and one before them the first', () => {
  expect([past(99).at.id, past(0).at.id]).toEqual([11, 1]);
  expect(pastOf([], 3)).toBeUndefined();
});

const state = (name: string) => ({ name, definition_path: name, status: 'succeeded', duration_ms: 1 });
const overview = {
  run: { status: 'failed', started_at: iso(1), stopped_at: iso(11) },
  states: [state('Load'), state('Bad'), state('Other')],
} as unknown as Overview;

test('the run goes on, and what it had not come to is not reached', () => {
  const then = overviewUpTo(overview, rowsUpTo(rows, entries, past(5)), entries, past(5));
  expect([then.run.status, then.run.stopped_at]).toEqual(['running', iso(5)]);
  expect(then.states.map((one) => [one.status, one.entered, one.duration_ms])).toEqual([
    ['running', 1, undefined],
    ['not_reached', undefined, undefined],
    ['not_reached', undefined, undefined],
  ]);
  const end = overviewUpTo(overview, rowsUpTo(rows, entries, past(11)), entries, past(11));
  expect(end.run.status).toBe('failed');
  expect(end.states.map((one) => one.status)).toEqual(['succeeded', 'failed', 'not_reached']);
});

test('entries beyond the rows that are read count all the same', () => {
  const then = overviewUpTo(overview, [], entries, past(9));
  expect(then.states.map((one) => one.status)).toEqual(['succeeded', 'not_reached', 'not_reached']);
});

test('the step is that of the event', () => {
  const stepAt = (id: number) => rowOf(rows, entries, past(id))?.state;
  expect([stepAt(1), stepAt(5), stepAt(10), stepAt(11)]).toEqual(['Load', 'Load', 'Bad', 'Bad']);
});

test('entries end with the event', () => {
  expect(entriesUpTo(entries, past(4)).map((one) => one.events.map((each) => each.id))).toEqual([[2, 3, 4]]);
});

test('before a redrive the run had failed, and so had the state that succeeded behind it', () => {
  const redriven = historyOf(
    ['ExecutionStarted'],
    ['TaskStateEntered', { name: 'Load' }, 0],
    ['TaskScheduled', { resource: 'shell' }],
    ['TaskStarted'],
    ['TaskFailed', { error: 'E' }],
    ['ExecutionFailed'],
    ['ExecutionRedriven'],
    ['TaskScheduled', { resource: 'shell' }],
    ['TaskStarted'],
    ['TaskSucceeded'],
    ['TaskStateExited', { name: 'Load' }],
    ['ExecutionSucceeded'],
  );
  const own = entriesOf(redriven);
  expect(own.map((entry) => entry.events.map((one) => one.id))).toEqual([[2, 3, 4, 5, 8, 9, 10, 11]]);
  const load = row('Load', {
    entered_at: iso(8),
    ended_at: iso(11),
    attempts: [attempt(1, 3, 5, 'failed'), attempt(2, 8, 10, 'succeeded')],
  });
  const at = (id: number) => rowsUpTo([load], own, past(id, redriven))[0];
  expect([at(5)?.status, at(6)?.status, at(7)?.status, at(11)?.status]).toEqual([
    'running',
    'failed',
    'running',
    'succeeded',
  ]);
  expect([at(6)?.error, at(6)?.duration_ms, at(6)?.entered_at]).toEqual(['E', 3000, iso(2)]);
  expect([past(6, redriven).ended, past(7, redriven).ended, past(12, redriven).ended]).toEqual([
    'failed',
    undefined,
    'succeeded',
  ]);
});
