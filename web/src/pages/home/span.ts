// The time that Home looks at: a range up to now, or from a time to another one.
import type { Kind } from '@/router';

export const rangeNames = ['1h', '6h', '12h', '24h', '3d', '7d', '14d', '30d'] as const;
export type RangeName = (typeof rangeNames)[number];

/** As the buttons have them; the others can be reached by a link. */
export const offered: readonly { value: RangeName; text: string }[] = [
  { value: '1h', text: '1 h' },
  { value: '6h', text: '6 h' },
  { value: '24h', text: '24 h' },
  { value: '7d', text: '7 d' },
  { value: '30d', text: '30 d' },
];

/** `Last 24 hours`. */
export function rangeTitle(range: RangeName): string {
  const count = Number.parseInt(range, 10);
  const unit = range.endsWith('h') ? 'hour' : 'day';
  return `Last ${count === 1 ? '' : `${count} `}${unit}${count === 1 ? '' : 's'}`;
}

/** How many intervals there are of the range, and what one of them is called. */
export function intervalsOf(ms: number): { count: number; name: string } {
  const minute = 60_000;
  for (const [size, name] of [
    [2, 'two minutes'],
    [10, 'ten minutes'],
    [30, 'half hour'],
    [60, 'hour'],
    [180, 'three hours'],
    [360, 'six hours'],
    [720, 'twelve hours'],
    [1440, 'day'],
  ] as const) {
    const count = Math.round(ms / (size * minute));
    if (count <= 60) {
      // A span that is no multiple has intervals that are a little longer or shorter.
      const isWhole = Math.abs(ms / (size * minute) - count) < 0.001 && count >= 12;
      return isWhole ? { count, name } : { count: 48, name: 'interval' };
    }
  }
  return { count: 60, name: 'interval' };
}

export const rangeMs = (range: RangeName): number =>
  Number.parseInt(range, 10) * (range.endsWith('h') ? 3_600_000 : 86_400_000);

/** The question for a range, as the page asks it. */
export const askedOf = (range: RangeName) => ({ range, intervals: intervalsOf(rangeMs(range)).count });

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** A time: `2026-11-21T03:42:00Z`. 0 stands for none. */
export const moment: Kind<number> = {
  parse: (text) =>
    (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/.test(text) && Date.parse(text)) || undefined,
  print: (ms) => (ms ? iso(ms) : ''),
  expected: 'a time in UTC, 2026-11-21T06:00:00Z',
};

export interface Stretch {
  from: number;
  to: number;
}

/** What the brush chose: `FROM..TO`. */
export const stretch: Kind<Stretch | null> = {
  parse: (text) => {
    const [from, to] = text.split('..').map((part) => moment.parse(part));
    return from && to && from < to ? { from, to } : undefined;
  },
  print: (value) => (value ? `${iso(value.from)}..${iso(value.to)}` : ''),
  expected: 'FROM..TO, two times in UTC',
};
