import { expect, test } from 'vitest';
import { entriesOf, stagesOf, variablesAt, type HistoryEvent } from './history';
import { agrees, allStages, hasMore, isSame, recordedMock, trialAnswer, trialBody } from './trial';

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
const exited = (kind: string, before: number, name: string, more: object = {}) =>
  event(`${kind}StateExited`, before, ['stateExited', { name, output: '{}', ...more }]);

const load = {
  Type: 'Task',
  InputPath: '$.order',
  Parameters: { 'id.$': '$.id' },
  ResultSelector: { 'rows.$': '$.rows' },
  ResultPath: '$.loaded',
};
const ran = () => {
  id = 0;
  const [entry] = entriesOf([
    entered('Task', 0, 'Load', '{"order":{"id":7}}'),
    event('TaskScheduled', 1, ['taskScheduled', { parameters: '{"id":7}' }]),
    event('TaskSucceeded', 2, ['taskSucceeded', { output: '{"rows":3,"ms":9}' }]),
    exited('Task', 3, 'Load', { output: '{"order":{"id":7},"loaded":{"rows":3}}' }),
  ]);
  if (!entry) throw new Error('no entry');
  return { entry, recorded: stagesOf(entry) };
};
const answer = trialAnswer(
  JSON.stringify({
    status: 'succeeded',
    output: { loaded: { rows: 3 }, order: { id: 7 } },
    stages: [
      { stage: 'afterInputPath', data: { id: 7 } },
      { stage: 'afterParameters', data: { id: 'other' } },
      { stage: 'result', data: {} },
      { stage: 'afterResultSelector', data: { rows: 3 } },
      { stage: 'afterResultPath', data: { order: { id: 7 }, loaded: { rows: 3 } } },
    ],
  }),
);

test('between what is recorded stands what was worked out, in order; what is recorded is never replaced', () => {
  const { entry, recorded } = ran();
  expect(hasMore(recorded, load)).toBe(true);
  expect(recordedMock(entry, recorded)).toEqual({ result: '{"rows":3,"ms":9}' });
  expect(agrees(recorded, answer)).toBe(true);
  expect(
    allStages(recorded, load, answer).map((one) => [one.name, one.text, one.isComputed ?? false]),
  ).toEqual([
    ['State input', '{"order":{"id":7}}', false],
    ['InputPath', '{"id":7}', true],
    ['Parameters', '{"id":7}', false],
    ['Task result', '{"rows":3,"ms":9}', false],
    ['ResultSelector', '{"rows":3}', true],
    ['ResultPath', '{"order":{"id":7},"loaded":{"rows":3}}', true],
    ['State output', '{"order":{"id":7},"loaded":{"rows":3}}', false],
  ]);
});

test('without an answer the stages of the definition are there, and empty', () => {
  const { recorded } = ran();
  expect(allStages(recorded, load, undefined).find((one) => one.id === 'path')?.text).toBeUndefined();
  expect(hasMore(recorded, { Type: 'Task' })).toBe(false);
});

test('what gives another output than the recorded one is not trusted', () => {
  const { recorded } = ran();
  expect(agrees(recorded, { ...answer, output: '{"order":{"id":8}}' })).toBe(false);
  expect(isSame('{"a":1,"b":[1,2]}', '{"b":[1,2],"a":1}')).toBe(true);
  expect(isSame('12345678901234567890', '12345678901234567891')).toBe(false);
});

test('a task that failed is tried with its error', () => {
  id = 0;
  const [entry] = entriesOf([
    entered('Task', 0, 'Load'),
    event('TaskScheduled', 1, ['taskScheduled', { parameters: '{}' }]),
    event('TaskFailed', 2, ['taskFailed', { error: 'Busy', cause: 'later' }]),
  ]);
  expect(entry && recordedMock(entry, stagesOf(entry))).toEqual({ error: 'Busy', cause: 'later' });
});

test('a question keeps every digit', () => {
  const variables = new Map([['n', '12345678901234567890']]);
  const body = trialBody({
    state: 'A',
    version: 2,
    input: '{"x":1.10}',
    mock: { result: '9007199254740993' },
    variables,
    context: '{}',
  });
  expect(body).toBe(
    '{"state":"A","version":2,"input":{"x":1.10},"variables":{"n":12345678901234567890},"context":{},"mock":{"result":9007199254740993}}',
  );
});

test('variables are those of the states before, of the scopes around, the newest value', () => {
  id = 0;
  const events = [
    event('ExecutionStarted', 0), // 1
    entered('Pass', 0, 'A'), // 2
    exited('Pass', 2, 'A', { assignedVariables: { x: '1', y: '"a"' } }), // 3
    entered('Map', 3, 'Each'), // 4
    event('MapStateStarted', 4), // 5
    event('MapIterationStarted', 5), // 6
    entered('Pass', 6, 'In'), // 7
    exited('Pass', 7, 'In', { assignedVariables: { z: '9' } }), // 8
    entered('Pass', 8, 'In too'), // 9
    exited('Pass', 9, 'In too'), // 10
    event('MapIterationSucceeded', 10), // 11
    event('MapStateSucceeded', 11), // 12
    exited('Map', 12, 'Each', { assignedVariables: { x: '2' } }), // 13
    entered('Pass', 13, 'After'), // 14
  ];
  const entries = entriesOf(events);
  const at = (name: string) => {
    const entry = entries.find((one) => one.name === name);
    return entry && Object.fromEntries(variablesAt(entry, entries, events));
  };
  expect(at('A')).toEqual({});
  expect(at('In too')).toEqual({ x: '1', y: '"a"', z: '9' });
  expect(at('After')).toEqual({ x: '2', y: '"a"' });
});
