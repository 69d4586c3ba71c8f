import { expect, test } from 'vitest';
import { intervalsOf, moment, rangeMs, rangeNames, rangeTitle, stretch } from './span';

test.each([
  ['1h', 30, 'two minutes'],
  ['6h', 36, 'ten minutes'],
  ['24h', 48, 'half hour'],
  ['7d', 56, 'three hours'],
  ['30d', 60, 'twelve hours'],
] as const)('%s are %d times %s', (range, count, name) =>
  expect(intervalsOf(rangeMs(range))).toEqual({ count, name }),
);

test('every range has between 12 and 60 intervals', () => {
  for (const range of rangeNames) {
    const { count } = intervalsOf(rangeMs(range));
    expect(count).toBeGreaterThanOrEqual(12);
    expect(count).toBeLessThanOrEqual(60);
  }
  expect(intervalsOf(5 * 60_000).count).toBe(48);
});

test('titles are words', () =>
  expect((['1h', '24h', '7d'] as const).map(rangeTitle)).toEqual([
    'Last hour',
    'Last 24 hours',
    'Last 7 days',
  ]));

test('a stretch comes back from the link as it went', () => {
  const value = { from: Date.parse('2026-11-21T03:42:00Z'), to: Date.parse('2026-11-21T06:42:10.500Z') };
  expect(stretch.parse(stretch.print(value))).toEqual(value);
  for (const bad of [
    '',
    'x',
    '2026-11-21T03:42:00Z',
    '2026-11-21T03:42:00Z..2026-11-21T03:41:00Z',
    'a..b',
    '2026-11-21..2026-11-22',
  ])
    expect(stretch.parse(bad)).toBeUndefined();
});

test('a time has its zone', () => {
  expect(moment.parse('2026-11-21T03:42:00Z')).toBe(1795232520000);
  for (const bad of ['2026-11-21T03:42:00', '2026-11-21T03:42:00+01:00', 'yesterday', '2026-99-21T03:42:00Z'])
    expect(moment.parse(bad)).toBeUndefined();
});
