// The sentences of Home.
import type { Schemas } from '@/api';
import { skipReason } from '@/words/starts';
import {
  formatClock,
  formatCount,
  formatLiveDuration,
  formatNumber,
  formatPercent,
  type Zone,
} from '@/formats';

export type Home = Schemas['Home'];
export type Cause = Home['causes'][number];
export type Going = Home['running'][number];
export type Fire = Home['next_fires'][number];
type Tile = Home['tiles'][string];

/** `weather-hourly 6, crm 3`: which workflows a tile's runs are of. */
function named(tile: Tile): string {
  return tile.worst
    .map((one) => (one.count === 1 ? one.workflow : `${one.workflow} ${formatNumber(one.count)}`))
    .join(', ');
}

/** What a tile says beside its figure: the worst, by name. */
export function tileNote(name: string, home: Home): string {
  const tile = home.tiles[name];
  if (!tile) return '';
  if (name === 'succeeded') {
    const ended = ['succeeded', 'failed', 'aborted'].reduce(
      (sum, key) => sum + (home.tiles[key]?.count ?? 0),
      0,
    );
    return ended ? `${formatPercent(tile.count, ended)} of ${formatNumber(ended)} ended` : 'none ended';
  }
  if (tile.count === 0) return name === 'late' ? 'all as usual' : 'none';
  if (name === 'failed' && home.causes.length) {
    const open = home.causes.filter((cause) => cause.condition !== 'recovered').length;
    return `${formatCount(home.causes.length, 'cause')}, ${open === home.causes.length ? 'all' : formatNumber(open)}${open === home.causes.length ? '' : ' of them'} open`;
  }
  if (name === 'running') {
    const longest = Math.max(0, ...home.running.map((run) => run.elapsed_ms));
    return `longest ${formatLiveDuration(longest)}`;
  }
  if (name === 'queued') {
    const first = home.running.find((run) => run.queued)?.queued;
    if (first) return first.pool ? `pool ${first.pool} is full` : 'for a place in their workflow';
  }
  return named(tile);
}

export type Deadline = Schemas['Deadline'];

const missed: Record<Deadline['kind'], string> = {
  start_by: 'not begun by',
  finish_by: 'not finished by',
  file_by: 'no file by',
};

/** What is late: deadlines that were missed, and how many runs take longer than they usually do. */
export function lateNote(deadlines: readonly Deadline[], home: Home, zone: Zone): string {
  const [first] = deadlines;
  if (!first) return tileNote('late', home);
  const by = first.late_due ? ` ${formatClock(Date.parse(first.late_due), zone)}` : '';
  const more = deadlines.length - 1 + (home.tiles['late']?.count ?? 0);
  return `${first.workflow}, ${missed[first.kind]}${by}${more ? `, and ${formatNumber(more)} more` : ''}`;
}

export const conditionWords: Record<Cause['condition'], string> = {
  new: 'New',
  still_failing: 'Still failing',
  came_back: 'Came back',
  recovered: 'Recovered',
};

/** What the marks of a cause say of its condition. Successes are counted by workflow and interval. */
export function conditionNote(cause: Cause): string {
  const last = cause.occurrences.findLastIndex((count) => count > 0);
  const since = cause.successes.slice(last + 1).reduce((sum, count) => sum + count, 0);
  if (cause.condition === 'new') return 'never before';
  if (cause.condition === 'recovered') return since ? `${formatNumber(since)} passed since` : 'passed since';
  if (cause.condition === 'came_back') return 'passed in between';
  return cause.count === 1 ? '' : `${formatCount(cause.count, 'failure')} in a row`;
}

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth'];

/** What a run does now, or waits for. */
export function goingNote(run: Going): string {
  const { queued } = run;
  if (queued) {
    const place = ordinals[queued.place - 1] ?? `number ${formatNumber(queued.place)}`;
    return queued.pool ? `${place} in pool ${queued.pool}` : `${place} for a place in its workflow`;
  }
  const [first, ...more] = run.open;
  if (!first) return run.name;
  return more.length ? `${first.path} and ${formatNumber(more.length)} more` : first.path;
}

/** Who keeps a queued run waiting. */
export function holdersNote(run: Going): string {
  const count = run.queued?.holders.length ?? 0;
  return count ? `${formatCount(count, 'slot')} held` : '';
}

/** When a schedule fires, as its file says it. */
export function scheduleText(fire: Fire): string {
  if (fire.kind === 'rate') return `every ${fire.expression.replace(/^1 (\w+?)s?$/, '$1')}`;
  if (fire.kind === 'at') return 'once';
  const text = cronText(fire.expression);
  return fire.timezone === 'UTC' ? text : `${text} ${fire.timezone}`;
}

/** The usual crons in words; any other one as it stands. */
function cronText(cron: string): string {
  const [minute = '', hour = '', day, month, weekday] = cron.trim().split(/\s+/);
  const two = (n: string) => n.padStart(2, '0');
  if (day !== '*' || month !== '*' || weekday === undefined || !/^(\*|[A-Za-z,-]+)$/.test(weekday))
    return cron;
  const days = weekday === '*' ? '' : `, ${weekday}`;
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (step && hour === '*') return `every ${step} minutes${days}`;
  if (!/^\d+$/.test(minute)) return cron;
  if (hour === '*') return `hourly at :${two(minute)}${days}`;
  return /^\d+$/.test(hour) ? `${two(hour)}:${two(minute)}${days}` : cron;
}

/** Why the last fire of a schedule started nothing; nothing where it started a run. */
export function skippedReason(fire: Fire): string | undefined {
  const skipped = fire.last?.skipped;
  return skipped === undefined ? undefined : skipReason(skipped);
}
