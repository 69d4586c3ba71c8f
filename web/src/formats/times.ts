// Times of day in the zone that the reader chose.

export type Zone = string; // an IANA name, 'UTC'

const clocks = new Map<string, Intl.DateTimeFormat>();

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function wall(at: number, zone: Zone): Wall {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const part = (name: string) => parts[name] ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

const asUtc = (w: Wall) => Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second);
const offsetMinutes = (at: number, zone: Zone) =>
  Math.round((asUtc(wall(at, zone)) - Math.floor(at / 1000) * 1000) / 60_000);

const two = (n: number) => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** The offset of a time of day that comes twice, when clocks are set back; else nothing. */
function ambiguity(at: number, zone: Zone): string {
  const here = offsetMinutes(at, zone);
  for (const other of [offsetMinutes(at - 3 * 3_600_000, zone), offsetMinutes(at + 3 * 3_600_000, zone)]) {
    const twin = at + (here - other) * 60_000;
    if (other !== here && offsetMinutes(twin, zone) === other) return ` ${offsetText(here)}`;
  }
  return '';
}

/** `06:00:00` today, `Yesterday 06:00`, `19 Nov 14:22`, `19 Nov 2025 14:22`. */
export function formatTime(at: number, zone: Zone, now: number): string {
  const then = wall(at, zone);
  const today = wall(now, zone);
  const days = Math.round(
    (Date.UTC(today.year, today.month - 1, today.day) - Date.UTC(then.year, then.month - 1, then.day)) /
      86_400_000,
  );
  const clock = `${two(then.hour)}:${two(then.minute)}`;
  const extra = ambiguity(at, zone);
  if (days === 0) return `${clock}:${two(then.second)}${extra}`;
  if (days === 1) return `Yesterday ${clock}${extra}`;
  const year = then.year === today.year ? '' : ` ${then.year}`;
  return `${then.day} ${months[then.month - 1] ?? ''}${year} ${clock}${extra}`;
}

/** `06:00`, for axes and rows where the day is said elsewhere. */
export function formatClock(at: number, zone: Zone): string {
  const then = wall(at, zone);
  return `${two(then.hour)}:${two(then.minute)}`;
}

/** The midnight before. */
export function startOfDay(at: number, zone: Zone): number {
  const then = wall(at, zone);
  return at - (at % 1000) - ((then.hour * 60 + then.minute) * 60 + then.second) * 1000;
}

/** `19 Nov`. */
export function formatDay(at: number, zone: Zone): string {
  const then = wall(at, zone);
  return `${then.day} ${months[then.month - 1] ?? ''}`;
}

/** `2026-11-21T06:00:00.000+01:00`: for titles and what is copied. */
export function formatIso(at: number, zone: Zone): string {
  if (zone === 'UTC') return new Date(at).toISOString();
  const minutes = offsetMinutes(at, zone);
  const local = new Date(at + minutes * 60_000).toISOString().slice(0, -1);
  return local + offsetText(minutes).replace('−', '-');
}

/** Milliseconds since 1970 of a time that the API gave. */
export const parseTime = (text: string): number => Date.parse(text);
