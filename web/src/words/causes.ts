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
  /** `id` of the failures by cause. */
  fingerprint?: string;
}

/** The list of runs that failed so: by the cause's fingerprint where it is known, else by error and words like these. */
export function runsThatFailedSo(failed: Failed, start?: string): string {
  const { workflow, error, cause, fingerprint } = failed;
  const when = start ? { start } : {};
  if (fingerprint !== undefined) return href('/runs', {}, { fingerprint, ...when });
  const q = stretchOf(cause);
  return href('/runs', {}, { status: 'failed,timed_out', workflow, error, ...(q ? { q } : {}), ...when });
}

/** For a ticket or a chat: where, which error, why. */
export function textOfFailure({ workflow, error, cause }: Failed, path: string): string {
  return `${workflow}, ${path}: ${error}${cause ? `: ${cause}` : ''}`;
}
