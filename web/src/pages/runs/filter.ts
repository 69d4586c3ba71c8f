// What the page's URL says of the runs that are wanted, and how the API is asked for them.
import { anyText, wholeNumber, useQueryValue, type Kind } from '@/router';

export const statusWords = [
  'failed',
  'timed_out',
  'stopped',
  'running',
  'succeeded',
  'late',
  'queued',
  'waiting',
  'caught',
] as const;
export type StatusWord = (typeof statusWords)[number];
export const origins = ['schedule', 'file', 'hand', 'api', 'webhook', 'parent', 'map'] as const;
export type Origin = (typeof origins)[number];

const conditions: readonly string[] = ['late', 'queued', 'waiting', 'caught'];

/** Some of a list, kept in the order of the list. */
function some<T extends string>(all: readonly T[]): Kind<T[]> {
  return {
    parse: (text) => {
      const parts = text.split(',');
      return parts.every((part) => all.includes(part as T))
        ? all.filter((one) => parts.includes(one))
        : undefined;
    },
    print: (value) => value.join(','),
    expected: `some of ${all.join(', ')}`,
  };
}

export interface Span {
  /** Up to now, in milliseconds; or from one time to another. */
  last?: number;
  from?: number;
  to?: number;
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/;

/** A day is 24 hours; from two days on it is days. */
const unitOf = (ms: number): 'd' | 'h' | 'm' =>
  ms % 86_400_000 === 0 && ms > 86_400_000 ? 'd' : ms % 3_600_000 === 0 ? 'h' : 'm';

export const span: Kind<Span> = {
  parse: (text) => {
    if (text === '') return {};
    const relative = /^-(\d{1,6})([mhd])$/.exec(text);
    if (relative) return { last: Number(relative[1]) * (units[relative[2] ?? ''] ?? 0) };
    const [from = '', to = ''] = text.split('..');
    if (!TIME.test(from) || !TIME.test(to) || Date.parse(from) >= Date.parse(to)) return undefined;
    return { from: Date.parse(from), to: Date.parse(to) };
  },
  print: (value) => {
    if (value.last !== undefined) {
      const unit = unitOf(value.last);
      return `-${value.last / (units[unit] ?? 1)}${unit}`;
    }
    if (value.from === undefined || value.to === undefined) return '';
    return `${new Date(value.from).toISOString()}..${new Date(value.to).toISOString()}`;
  },
  expected: '-24h, or FROM..TO in UTC',
};

export interface Duration {
  from?: number;
  to?: number;
}

const sizes: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export const duration: Kind<Duration> = {
  parse: (text) => {
    if (text === '') return {};
    const found = /^([<>])(\d{1,9})(ms|s|m|h)$/.exec(text);
    if (!found) return undefined;
    const ms = Number(found[2]) * (sizes[found[3] ?? ''] ?? 1);
    return found[1] === '>' ? { from: ms } : { to: ms };
  },
  print: (value) => {
    const ms = value.from ?? value.to;
    if (ms === undefined) return '';
    const unit = (['h', 'm', 's'] as const).find((one) => ms > 0 && ms % (sizes[one] ?? 1) === 0) ?? 'ms';
    return `${value.from === undefined ? '<' : '>'}${ms / (sizes[unit] ?? 1)}${unit}`;
  },
  expected: '>60s or <5m',
};

const statusKind = some(statusWords);
const originKind = some(origins);
const noStatus: StatusWord[] = [];
const noOrigin: Origin[] = [];
const always: Span = {};
const anyDuration: Duration = {};

export interface Filter {
  status: StatusWord[];
  workflow: string;
  version: number;
  by: Origin[];
  start: Span;
  duration: Duration;
  error: string;
  /** Of a cause, as the failures by cause have it. */
  fingerprint: string;
  /** The number of the run that started them. */
  parent: number;
  q: string;
}

export function useFilter(): Filter {
  const [status] = useQueryValue('status', statusKind, noStatus);
  const [workflow] = useQueryValue('workflow', anyText, '');
  const [version] = useQueryValue('version', wholeNumber, 0);
  const [by] = useQueryValue('by', originKind, noOrigin);
  const [start] = useQueryValue('start', span, always);
  const [length] = useQueryValue('duration', duration, anyDuration);
  const [error] = useQueryValue('error', anyText, '');
  const [fingerprint] = useQueryValue('fingerprint', anyText, '');
  const [parent] = useQueryValue('parent', wholeNumber, 0);
  const [q] = useQueryValue('q', anyText, '');
  return { status, workflow, version, by, start, duration: length, error, fingerprint, parent, q };
}

/** `hand` of the link is `cli` of the API. */
export const apiOrigin = (one: Origin): ApiOrigin => (one === 'hand' ? 'cli' : one);

type ApiStatus = 'running' | 'succeeded' | 'failed' | 'timed_out' | 'aborted';
type ApiOrigin = 'api' | 'cli' | 'schedule' | 'file' | 'webhook' | 'parent' | 'map';

export interface ApiFilter {
  status?: ApiStatus[];
  is?: ('late' | 'queued' | 'waiting' | 'caught')[];
  workflow?: string[];
  version?: number;
  origin?: ApiOrigin[];
  from?: string;
  to?: string;
  duration_from_ms?: number;
  duration_to_ms?: number;
  error?: string;
  fingerprint?: string;
  parent?: number;
  q?: string;
}

/** The filter as the API takes it. `now` is rounded by the caller, so that the question stays the same for a while. */
export function apiFilter(filter: Filter, now: number): ApiFilter {
  const asked: ApiFilter = {};
  const status = filter.status
    .filter((one) => !conditions.includes(one))
    .map((one) => (one === 'stopped' ? 'aborted' : one));
  const is = filter.status.filter((one) => conditions.includes(one));
  if (status.length) asked.status = status as ApiStatus[];
  if (is.length) asked.is = is as NonNullable<ApiFilter['is']>;
  if (filter.workflow) asked.workflow = filter.workflow.split(',');
  if (filter.version && asked.workflow?.length === 1) asked.version = filter.version;
  if (filter.by.length) asked.origin = filter.by.map(apiOrigin);
  const { last, from, to } = filter.start;
  if (last !== undefined) asked.from = new Date(now - last).toISOString();
  if (from !== undefined && to !== undefined) {
    asked.from = new Date(from).toISOString();
    asked.to = new Date(to).toISOString();
  }
  if (filter.duration.from !== undefined) asked.duration_from_ms = filter.duration.from;
  if (filter.duration.to !== undefined) asked.duration_to_ms = filter.duration.to;
  if (filter.error) asked.error = filter.error;
  if (filter.fingerprint) asked.fingerprint = filter.fingerprint;
  if (filter.parent) asked.parent = filter.parent;
  if (filter.q) asked.q = filter.q;
  return asked;
}

/** "last 24 hours", "29 Nov 12:00 to 13:00" */
export function spanText(start: Span, time: (ms: number) => string): string {
  if (start.last !== undefined) {
    const unit = unitOf(start.last);
    const count = start.last / (units[unit] ?? 1);
    const word = { d: 'day', h: 'hour', m: 'minute' }[unit];
    return count === 1 ? `last ${word}` : `last ${count} ${word}s`;
  }
  if (start.from === undefined || start.to === undefined) return 'at any time';
  return `${time(start.from)} to ${time(start.to)}`;
}

export const isEmpty = (filter: Filter): boolean => Object.keys(apiFilter(filter, 0)).length === 0;
