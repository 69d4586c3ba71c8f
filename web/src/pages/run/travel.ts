// The run as it stood behind one of its events, worked out from its history and from what is known now.
import { formatIso, parseTime } from '@/formats';
import { statusOf, worst } from '@/status/status';
import type { Overview, StateRow } from './data';
import { detailsOf, textIn, type Entry, type HistoryEvent } from './history';

type Attempt = NonNullable<StateRow['attempts']>[number];
type Summary = Overview['states'][number];

/** The events up to one of them, and what they say of the run. */
export interface Past {
  /** The last event of it. */
  at: HistoryEvent;
  /** How the run had ended by then; a redrive may have come behind. */
  ended: Overview['run']['status'] | undefined;
}

const ends: Record<string, Overview['run']['status']> = {
  ExecutionSucceeded: 'succeeded',
  ExecutionFailed: 'failed',
  ExecutionAborted: 'aborted',
  ExecutionTimedOut: 'timed_out',
};

export function pastOf(events: readonly HistoryEvent[], id: number): Past | undefined {
  const at = events.findLast((event) => event.id <= id) ?? events[0];
  if (!at) return undefined;
  const ofRun = events.findLast((event) => event.id <= at.id && event.type.startsWith('Execution'));
  return { at, ended: ofRun && ends[ofRun.type] };
}

const msOf = (event: HistoryEvent) => Math.round(event.timestamp * 1000);
const isoOf = (event: HistoryEvent) => formatIso(msOf(event), 'UTC');
const upTo = (events: readonly HistoryEvent[], past: Past) =>
  events.filter((event) => event.id <= past.at.id);
const isReached = (entry: Entry, past: Past) => (entry.events[0]?.id ?? Infinity) <= past.at.id;
const isExit = (event: HistoryEvent | undefined) => event?.type.endsWith('StateExited') ?? false;

/** The entries with no more than their events up to then. */
export const entriesUpTo = (entries: readonly Entry[], past: Past): Entry[] =>
  entries
    .filter((entry) => isReached(entry, past))
    .map((entry) => ({ ...entry, events: upTo(entry.events, past) }));

/** The row of the state that an event is of; else of the one that was entered last. */
export function rowOf(
  rows: readonly StateRow[],
  entries: readonly Entry[],
  past: Past,
): StateRow | undefined {
  const own = entries.find((entry) => entry.events.some((event) => event.id === past.at.id));
  return rows[(own ?? entries.findLast((entry) => isReached(entry, past)))?.order ?? 0];
}

/** The nth row is that of the nth entry, before and behind. */
export function rowsUpTo(rows: readonly StateRow[], entries: readonly Entry[], past: Past): StateRow[] {
  return entries.flatMap((entry) => {
    const row = rows[entry.order];
    return row && isReached(entry, past) ? [rowUpTo(row, entry, past)] : [];
  });
}

function rowUpTo(row: StateRow, entry: Entry, past: Past): StateRow {
  const seen = upTo(entry.events, past);
  const first = entry.events[0];
  const last = seen.at(-1);
  const begun = {
    state: row.state,
    type: row.type,
    definition_path: row.definition_path,
    path: row.path,
    frame: row.frame,
    entered_at: first ? isoOf(first) : row.entered_at,
    ...(row.resource === undefined ? {} : { resource: row.resource }),
    ...(row.attempts ? { attempts: attemptsUpTo(row.attempts, seen) } : {}),
  };
  // A state that fails without a Catch is never left: what ended it is the last thing that happened to it.
  const isOver = row.status === 'failed' || row.status === 'aborted';
  const hasFailed = isOver && seen.length === entry.events.length && isBy(row.ended_at, past.at);
  if (isExit(last) || hasFailed) return { ...row, ...begun };
  return past.ended && last
    ? { ...begun, ...brokenOff(begun.entered_at, last) }
    : { ...begun, status: 'running' };
}

const isBy = (time: string | undefined, event: HistoryEvent) =>
  time !== undefined && parseTime(time) <= msOf(event);

/** How a state had ended that a redrive went on with. */
function brokenOff(entered: string, last: HistoryEvent) {
  const error = textIn(detailsOf(last), 'error');
  const hasFailed = /(Failed|TimedOut)$/.test(last.type);
  return {
    status: hasFailed ? ('failed' as const) : ('aborted' as const),
    ended_at: isoOf(last),
    duration_ms: msOf(last) - parseTime(entered),
    ...(error === undefined ? {} : { error }),
  };
}

/** The nth `…Scheduled` begins the nth attempt. */
function attemptsUpTo(attempts: readonly Attempt[], seen: readonly HistoryEvent[]): Attempt[] {
  const known: Attempt[] = [];
  for (const { type } of seen) {
    const last = known.at(-1);
    const whole = attempts[known.length - 1];
    if (type.endsWith('Scheduled')) {
      const next = attempts[known.length];
      if (next) known.push({ attempt: next.attempt, scheduled_at: next.scheduled_at, status: 'running' });
    } else if (last && whole?.started_at !== undefined && type.endsWith('Started')) {
      last.started_at = whole.started_at;
    } else if (whole && /(Succeeded|Failed|TimedOut|Aborted)$/.test(type)) {
      known[known.length - 1] = whole;
    }
  }
  return known;
}

/** `Each month/Validate`: of an entry that has no row, beyond those that are read. */
function definitionPathOf(entry: Entry): string {
  return entry.parent ? `${definitionPathOf(entry.parent)}/${entry.name}` : entry.name;
}

/** The overview, as far as its states and its end go: that is the event. `rows` are those of then. */
export function overviewUpTo(
  overview: Overview,
  rows: readonly StateRow[],
  entries: readonly Entry[],
  past: Past,
): Overview {
  const reached = new Map<string, StateRow[]>();
  const beyond = new Map<string, string>();
  for (const row of rows)
    reached.set(row.definition_path, [...(reached.get(row.definition_path) ?? []), row]);
  for (const entry of entries.slice(rows.length))
    if (isReached(entry, past))
      beyond.set(definitionPathOf(entry), isExit(upTo(entry.events, past).at(-1)) ? 'succeeded' : 'running');
  return {
    ...overview,
    run: { ...overview.run, status: past.ended ?? 'running', stopped_at: isoOf(past.at) },
    states: overview.states.map((state) =>
      summaryUpTo(state, reached.get(state.definition_path) ?? [], beyond.get(state.definition_path)),
    ),
  };
}

function summaryUpTo(state: Summary, rows: readonly StateRow[], beyond: string | undefined): Summary {
  const { name, definition_path, type, depth, usual } = state;
  const known = { name, definition_path, type, depth, usual };
  if (rows.length === 0) return { ...known, status: beyond ?? 'not_reached' };
  const severest = worst(rows.map((row) => statusOf(row.status)));
  const status = rows.find((row) => statusOf(row.status) === severest)?.status ?? state.status;
  const ends = rows.map((row) => (row.ended_at === undefined ? NaN : parseTime(row.ended_at)));
  const span = Math.max(...ends) - Math.min(...rows.map((row) => parseTime(row.entered_at)));
  return { ...known, status, entered: rows.length, ...(Number.isNaN(span) ? {} : { duration_ms: span }) };
}
