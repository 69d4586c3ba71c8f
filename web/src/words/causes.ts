// Where else a run failed so, and what of a cause is copied.
import { href } from '@/router';

/** What varies from one failure to the next of a kind: the marks of the daemon, addresses, numbers. */
const VARIES = /‹[^›]*›|https?:\/\/\S+|[+-]?\d[\d.,:T-]*/;
const SHORTEST = 6;
const LONGEST = 80;

/** The longest stretch of a cause that all failures of its kind have; nothing where none says much. */
export function stretchOf(cause: string): string {
  const pieces = cause.split(new RegExp(VARIES, 'g')).map((piece) => piece.trim());
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '');
  return longest.length < SHORTEST ? '' : longest.slice(0, LONGEST).trim();
}

export interface Failed {
  workflow: string;
  error: string;
  /** As it was said, or with what varies marked. */
  cause: string;
}

/** The list of runs of the workflow that failed with this error and a cause like this. */
export function runsThatFailedSo({ workflow, error, cause }: Failed, start?: string): string {
  const q = stretchOf(cause);
  return href(
    '/runs',
    {},
    { status: 'failed,timed_out', workflow, error, ...(q ? { q } : {}), ...(start ? { start } : {}) },
  );
}

/** For a ticket or a chat: where, which error, why. */
export function textOfFailure({ workflow, error, cause }: Failed, path: string): string {
  return `${workflow}, ${path}: ${error}${cause ? `: ${cause}` : ''}`;
}
