import { expect, test } from 'vitest';
import { entriesOf, stagesOf, type HistoryEvent } from './history';

let id = 0;
const event = (type: string, previousEventId: number, details?: [string, object]): HistoryEvent => ({
  id: ++id,
  previousEventId,
  type,
  timestamp: id,
  ...(details ? { [`${details[0]}EventDetails`]: details[1] } : {}),
});
const entered = (kind: string, before: number, name: string, input = '{}') =>
  event(`${kind}StateEntered`, before, ['stateEntered', { name, input }]);
const exited = (kind: string, before: number, name: string, output = '{}') =>
  event(`${kind}StateExited`, before, ['stateExited', { name, output }]);

test('events of two items that run at once belong to their own entries', () => {
  id = 0;
  const events = [
    event('ExecutionStarted', 0),
    entered('Map', 0, 'Each'), // 2
    event('MapStateStarted', 2, ['mapStateStarted', { length: 2 }]), // 3
    event('MapIterationStarted', 3, ['mapIterationStarted', { name: 'Each', index: 0 }]), // 4
    event('MapIterationStarted', 3, ['mapIterationStarted', { name: 'Each', index: 1 }]), // 5
    entered('Task', 4, 'Load', '{"item":0}'), // 6
    entered('Task', 5, 'Load', '{"item":1}'), // 7
    event('TaskScheduled', 6, ['taskScheduled', { parameters: '{"p":0}' }]), // 8
    event('TaskScheduled', 7, ['taskScheduled', { parameters: '{"p":1}' }]), // 9
    event('TaskSucceeded', 9, ['taskSucceeded', { output: '{"r":1}' }]), // 10
    exited('Task', 10, 'Load', '{"o":1}'), // 11
    event('MapIterationSucceeded', 11, ['mapIterationSucceeded', { name: 'Each', index: 1 }]), // 12
    event('TaskFailed', 8, ['taskFailed', { error: 'E', cause: 'c' }]), // 13
    event('MapIterationFailed', 13, ['mapIterationFailed', { name: 'Each', index: 0 }]), // 14
    event('MapStateFailed', 14), // 15
    exited('Map', 15, 'Each'), // 16
    entered('Pass', 16, 'After'), // 17
  ];
  const entries = entriesOf(events);
  expect(entries.map((entry) => [entry.name, entry.parent?.name])).toEqual([
    ['Each', undefined],
    ['Load', 'Each'],
    ['Load', 'Each'],
    ['After', undefined],
  ]);
  expect(entries.map((entry) => entry.events.map((one) => one.id))).toEqual([
    [2, 3, 4, 5, 12, 14, 15, 16],
    [6, 8, 13],
    [7, 9, 10, 11],
    [17],
  ]);
});

test('states of branches stand in their Parallel, also behind one another', () => {
  id = 0;
  const events = [
    entered('Parallel', 0, 'Both'), // 1
    event('ParallelStateStarted', 1), // 2
    entered('Pass', 2, 'A'), // 3
    exited('Pass', 3, 'A'), // 4
    entered('Pass', 4, 'B'), // 5
    entered('Pass', 2, 'C'), // 6
    exited('Pass', 6, 'C'), // 7
    exited('Pass', 5, 'B'), // 8
    event('ParallelStateSucceeded', 8), // 9
    exited('Parallel', 9, 'Both'), // 10
  ];
  const entries = entriesOf(events);
  expect(entries.map((entry) => [entry.name, entry.parent?.name])).toEqual([
    ['Both', undefined],
    ['A', 'Both'],
    ['B', 'Both'],
    ['C', 'Both'],
  ]);
  expect(entries[0]?.events.map((one) => one.id)).toEqual([1, 2, 9, 10]);
});

test('the stages of a task that failed say its cause, and that no output was reached', () => {
  id = 0;
  const [entry] = entriesOf([
    entered('Task', 0, 'Load', '{"i":1}'),
    event('TaskScheduled', 1, ['taskScheduled', { parameters: '{"p":1}' }]),
    event('TaskFailed', 2, ['taskFailed', { error: 'E_QUALITY', cause: '{"rows":{"read":2}}' }]),
  ]);
  expect(entry && stagesOf(entry)).toEqual([
    { id: 'input', name: 'State input', text: '{"i":1}' },
    { id: 'params', name: 'Parameters', text: '{"p":1}' },
    { id: 'result', name: 'Task result', text: '{"rows":{"read":2}}', failed: true },
    { id: 'output', name: 'State output', text: undefined },
  ]);
});
