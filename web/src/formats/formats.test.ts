import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCompact,
  formatCount,
  formatDuration,
  formatIso,
  formatLiveDuration,
  formatNumber,
  formatPercent,
  formatRelative,
  formatShare,
  formatTime,
  timeTicks,
  valueTicks,
  visible,
} from '.';

test.each([
  [0, '0'],
  [502259, '502,259'],
  [-1234, '−1,234'],
])('%d is the number %s', (n, text) => expect(formatNumber(n)).toBe(text));

test.each([
  [999, '999'],
  [9999, '9,999'],
  [14_200_000, '14.2 M'],
  [48_200, '48.2 k'],
  [483_000, '483 k'],
  [2_100_000_000, '2.1 G'],
])('%d is %s where space is fixed', (n, text) => expect(formatCompact(n)).toBe(text));

test.each([
  [37, 502259, '0.0074%'],
  [0, 10, '0%'],
  [10, 10, '100%'],
  [745, 760, '98%'],
  [999, 1000, '99.9%'],
  [1, 3, '33%'],
  [1, 16, '6.3%'],
  [3, 2, '150%'],
  [0, 0, '0%'],
])('%d of %d are %s', (part, whole, text) => expect(formatPercent(part, whole)).toBe(text));

test('a percentage stands behind its count', () =>
  expect(formatShare(37, 502259)).toBe('37 of 502,259 (0.0074%)'));
test('one is not many', () =>
  expect([formatCount(1, 'run'), formatCount(2, 'run')]).toEqual(['1 run', '2 runs']));

test.each([
  [0, '0 ms'],
  [0.4, '0.4 ms'],
  [0.01, '0.1 ms'],
  [840, '840 ms'],
  [999.6, '1.00 s'],
  [9280, '9.28 s'],
  [9996, '10.0 s'],
  [41_200, '41.2 s'],
  [59_960, '1 m 00 s'],
  [492_000, '8 m 12 s'],
  [3_599_700, '1 h 00 m'],
  [14_400_000, '4 h 00 m'],
  [86_399_000, '1 d 0 h'],
  [273_600_000, '3 d 4 h'],
  [-840, '−840 ms'],
])('%d ms last %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [9280, '9.2 s'],
  [41_900, '41 s'],
  [492_900, '8 m 12 s'],
  [3_599_900, '59 m 59 s'],
])('%d ms that go on are %s', (ms, text) => expect(formatLiveDuration(ms)).toBe(text));

test.each([
  [-12_000, '12 s ago'],
  [-42 * 60_000, '42 min ago'],
  [-132 * 60_000, '2 h 12 m ago'],
  [170_000, 'in 2 m 50 s'],
  [22 * 60_000, 'in 22 m'],
  [59.8 * 60_000, 'in 59 m 48 s'],
  [227 * 60_000, 'in 3 h 47 m'],
])('%d ms from now is %s', (ms, text) => expect(formatRelative(1e12 + ms, 1e12)).toBe(text));

test.each([
  ['2026-11-21T06:00:00Z', 'UTC', '06:00:00'],
  ['2026-11-20T06:00:00Z', 'UTC', 'Yesterday 06:00'],
  ['2026-11-19T14:22:00Z', 'UTC', '19 Nov 14:22'],
  ['2025-11-19T14:22:00Z', 'UTC', '19 Nov 2025 14:22'],
  ['2026-11-20T23:30:00Z', 'Europe/Berlin', '00:30:00'],
  ['2026-10-25T00:30:00Z', 'Europe/Berlin', '25 Oct 02:30 +02:00'],
  ['2026-10-25T01:30:00Z', 'Europe/Berlin', '25 Oct 02:30 +01:00'],
  ['2026-10-25T02:30:00Z', 'Europe/Berlin', '25 Oct 03:30'],
  ['2026-03-29T01:30:00Z', 'Europe/Berlin', '29 Mar 03:30'],
])('%s in %s is %s', (at, zone, text) =>
  expect(formatTime(Date.parse(at), zone, Date.parse('2026-11-21T06:42:10Z'))).toBe(text),
);

test('titles say the time with its zone', () =>
  expect(formatIso(Date.parse('2026-11-21T06:00:00Z'), 'Europe/Berlin')).toBe(
    '2026-11-21T07:00:00.000+01:00',
  ));

test.each([
  [840, '840 B'],
  [1200, '1.2 kB'],
  [17_700_000, '17.7 MB'],
  [412_000_000, '412 MB'],
  [999_960, '1.0 MB'],
  [5_000_000_000, '5.0 GB'],
])('%d bytes are %s', (n, text) => expect(formatBytes(n)).toBe(text));

test.each([
  ['\u001b[31mred', '␛[31mred'],
  ['safe\u202egnp.exe', 'safeU+202Egnp.exe'],
  ['a\u0000b\u007f', 'a␀b␡'],
  ['tab\tand\nline', 'tab\tand\nline'],
])('%j is shown as %s', (text, shown) => expect(visible(text)).toBe(shown));

test.each([
  [0, [0, 1]],
  [1, [0, 1]],
  [3, [0, 1, 2, 3]],
  [22, [0, 10, 20]],
  [33, [0, 10, 20, 30]],
  [745, [0, 200, 400, 600]],
])('the axis of values up to %d has ticks at %j', (most, ticks) => expect(valueTicks(most)).toEqual(ticks));

test('ticks of time stand at round hours of the zone', () => {
  const to = Date.parse('2026-11-21T06:42:10Z');
  const texts = (hours: number, zone: string) =>
    timeTicks(to - hours * 3_600_000, to, zone).map((tick) => tick.text);
  expect(texts(24, 'UTC')).toEqual(['09:00', '12:00', '15:00', '18:00', '21:00', '00:00', '03:00', '06:00']);
  expect(texts(24, 'Asia/Kolkata')).toEqual([
    '15:00',
    '18:00',
    '21:00',
    '00:00',
    '03:00',
    '06:00',
    '09:00',
    '12:00',
  ]);
  expect(texts(168, 'UTC')).toEqual(['15 Nov', '16 Nov', '17 Nov', '18 Nov', '19 Nov', '20 Nov', '21 Nov']);
});
