// What a run waits for, in words and with who is before it.
import type { Schemas } from '@/api';

export interface Holder {
  run: number;
  name: string;
  workflow: string;
  state?: string;
  since: string;
}

export interface Wait {
  code: string;
  title: string;
  /** The daemon's own sentence. */
  text: string;
  since: string | undefined;
  until: string | undefined;
  /** Who has what it waits for. */
  holders: Holder[];
}

type Reason = Schemas['Explanation']['reasons'][number];

/** What keeps the run from working, the first thing first; nothing where all of it is at work. */
export function waitsOf(explanation: Schemas['Explanation'] | undefined): Wait[] {
  return (explanation?.reasons ?? []).filter((reason) => titles[reason.code] !== undefined).map(waitOf);
}

function waitOf(reason: Reason): Wait {
  return {
    code: reason.code,
    title: titles[reason.code]?.(reason) ?? '',
    text: reason.text,
    since: textOf(reason['since']),
    until: textOf(reason['until']),
    holders: Array.isArray(reason['holders']) ? (reason['holders'] as Holder[]) : [],
  };
}

const titles: Record<string, (reason: Reason) => string> = {
  POOL_FULL: (reason) => `Queued for a slot of pool ${textOf(reason['pool']) ?? ''}${placeOf(reason)}`,
  WORKFLOW_LIMIT: (reason) => `Queued for a place in its workflow${placeOf(reason)}`,
  WAITING_TIMER: () => 'Waits for a time',
  WAITING_RETRY: () => 'Waits before the next attempt',
  WAITING_CALLBACK: () => 'Waits for somebody to answer',
  WAITING_CHILD: () => 'Waits for the run that it started',
  QUARANTINED: () => 'Put aside: it cannot be read',
};

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function placeOf(reason: Reason): string {
  const { place, waiting } = reason as { place?: unknown; waiting?: unknown };
  if (typeof place !== 'number') return '';
  return typeof waiting === 'number' ? `, number ${place} of ${waiting}` : `, number ${place}`;
}
