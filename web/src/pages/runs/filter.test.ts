import { expect, test } from 'vitest';
import { apiFilter, duration, span, spanText, type Filter } from './filter';

const nothing: Filter = {
  status: [],
  workflow: '',
  version: 0,
  by: [],
  start: {},
  duration: {},
  error: '',
  fingerprint: '',
  parent: 0,
  q: '',
};
const now = Date.parse('2026-11-29T12:00:00Z');

test.each(['-24h', '-7d', '-30m', '2026-11-29T10:00:00.000Z..2026-11-29T11:00:00.000Z'])(
  'the time %s comes back as it was',
  (text) => {
    const value = span.parse(text);
    expect(value && span.print(value)).toBe(text);
  },
);
test.each(['24h', '-h', 'x..y', '2026-11-29T11:00:00Z..2026-11-29T10:00:00Z'])('%s is no time', (text) =>
  expect(span.parse(text)).toBeUndefined(),
);

test.each(['>60s', '<5m', '>1500ms', '>2h'])('the duration %s means the same when printed', (text) => {
  const value = duration.parse(text);
  expect(value && duration.parse(duration.print(value))).toEqual(value);
});

test('words of the page are words of the API', () =>
  expect(
    apiFilter(
      {
        ...nothing,
        status: ['failed', 'stopped', 'late'],
        by: ['hand', 'schedule'],
        workflow: 'a,b*',
        version: 3,
        start: { last: 3_600_000 },
        duration: { from: 60_000 },
      },
      now,
    ),
  ).toEqual({
    status: ['failed', 'aborted'],
    is: ['late'],
    origin: ['cli', 'schedule'],
    workflow: ['a', 'b*'],
    from: '2026-11-29T11:00:00.000Z',
    duration_from_ms: 60_000,
  }));

test('a version is asked for with its one workflow only', () => {
  expect(apiFilter({ ...nothing, version: 3 }, now)).toEqual({});
  expect(apiFilter({ ...nothing, version: 3, workflow: 'a' }, now)).toEqual({ workflow: ['a'], version: 3 });
});

test.each([
  [{ last: 86_400_000 }, 'last 24 hours'],
  [{ last: 7 * 86_400_000 }, 'last 7 days'],
  [{ last: 3_600_000 }, 'last hour'],
  [{}, 'at any time'],
])('%j is said as %s', (start, text) => expect(spanText(start, String)).toBe(text));
