// Where ticks stand.
import { formatClock, formatDay, startOfDay, type Zone } from './times';

/** 0 and some round steps up to the greatest value, which may stand above the last. */
export function valueTicks(most: number): number[] {
  const rough = Math.max(1, most) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? power;
  const whole = Math.max(1, Math.round(step));
  const ticks = [];
  for (let n = 0; n <= most || ticks.length < 2; n += whole) ticks.push(n);
  return ticks;
}

export interface TimeTick {
  at: number;
  text: string;
}

const MINUTE = 60_000;
const steps = [1, 5, 10, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14_400, 43_200].map((n) => n * MINUTE);

/** At most `count` ticks at round times of the reader's zone. */
export function timeTicks(from: number, to: number, zone: Zone, count = 9): TimeTick[] {
  const step = steps.find((one) => (to - from) / one <= count) ?? 43_200 * MINUTE;
  const origin = startOfDay(from, zone);
  const ticks: TimeTick[] = [];
  for (let n = Math.ceil((from - origin) / step); origin + n * step < to; ++n) {
    const at = origin + n * step;
    ticks.push({ at, text: step >= 1440 * MINUTE ? formatDay(at, zone) : formatClock(at, zone) });
  }
  return ticks;
}
