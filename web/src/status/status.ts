// What a run, a state, an item, a check or a table is doing or how it ended: word, icon, colour, severity. The
// order is that of severity, the most severe first.
import type { IconName } from '@/components/icons';

interface Row {
  word: string;
  icon: IconName;
  /** The class that gives the colour. */
  tone: string;
  /** Filled icon: it ended badly, or needs a person. */
  turns?: boolean;
}

const table = {
  failed: { word: 'Failed', icon: 'failed', tone: 'is-failed' },
  timed_out: { word: 'Timed out', icon: 'timed-out', tone: 'is-timed-out' },
  stopped: { word: 'Stopped', icon: 'stopped', tone: 'is-stopped' },
  late: { word: 'Late', icon: 'late', tone: 'is-late' },
  warning: { word: 'Warning', icon: 'warn', tone: 'is-warn' },
  caught: { word: 'Caught', icon: 'caught', tone: 'is-caught' },
  retrying: { word: 'Retrying', icon: 'retrying', tone: 'is-retrying', turns: true },
  queued: { word: 'Queued', icon: 'queued', tone: 'is-queued' },
  waiting: { word: 'Waiting', icon: 'waiting', tone: 'is-waiting' },
  running: { word: 'Running', icon: 'running', tone: 'is-running', turns: true },
  succeeded: { word: 'Succeeded', icon: 'succeeded', tone: 'is-succeeded' },
  skipped: { word: 'Skipped', icon: 'skipped', tone: 'is-skipped' },
  not_reached: { word: 'Not reached', icon: 'not-reached', tone: 'is-not-reached' },
  paused: { word: 'Paused', icon: 'paused', tone: 'is-paused' },
} satisfies Record<string, Row>;

export type StatusName = keyof typeof table;

export const statuses: Readonly<Record<StatusName, Row>> = table;
export const statusNames = Object.keys(table) as StatusName[];

/** 0 is the most severe. */
export const severity = (status: StatusName): number => statusNames.indexOf(status);

/** Of a lane: the most severe status of its children. */
export function worst(all: readonly StatusName[]): StatusName {
  return all.reduce<StatusName>((a, b) => (severity(b) < severity(a) ? b : a), all[0] ?? 'not_reached');
}

const words: Record<string, StatusName> = {
  aborted: 'stopped',
  pending_redrive: 'queued',
  warn: 'warning',
  fail: 'failed',
  pass: 'succeeded',
  success: 'succeeded',
  passed: 'succeeded',
  skip: 'skipped',
};

/** The status that a word of the API stands for; a word that is not known is shown as waiting, never as good. */
export function statusOf(word: string): StatusName {
  const key = word.toLowerCase();
  if (key in table) return key as StatusName;
  return words[key] ?? 'waiting';
}

/** The word of the API in the reader's words: `pending_redrive` is "Queued, redrive". */
export function wordOf(word: string): string {
  return word.toLowerCase() === 'pending_redrive' ? 'Queued, redrive' : statuses[statusOf(word)].word;
}
