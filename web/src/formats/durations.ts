// Durations: `0.4 ms`, `840 ms`, `9.28 s`, `41.2 s`, `8 m 12 s`, `4 h 00 m`, `3 d 4 h`.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (n: number) => String(n).padStart(2, '0');

function long(ms: number): string {
  // Whole units of what is said last: 59 m 59.7 s is 1 h, not 59 m 60 s.
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.round(ms / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function formatDuration(ms: number): string {
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms === 0) return '0 ms';
  if (ms < 0.95) return `${Math.max(0.1, ms).toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / SECOND).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / SECOND).toFixed(1)} s`;
  return long(ms);
}

/** Of what still goes on: by 0.1 s under 10 s, then by the second; never rounded up. */
export function formatLiveDuration(ms: number): string {
  const past = Math.max(0, ms);
  if (past < 10 * SECOND) return `${(Math.floor(past / 100) / 10).toFixed(1)} s`;
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s`;
  if (past < HOUR) return long(Math.floor(past / SECOND) * SECOND);
  if (past < DAY) return long(Math.floor(past / MINUTE) * MINUTE);
  return long(Math.floor(past / HOUR) * HOUR);
}

/** `42 min ago`, `2 h 12 m ago`, `in 2 m 50 s`, `in 22 m`. */
export function formatRelative(at: number, now: number): string {
  const past = now - at;
  return past >= 0 ? `${pastText(past)} ago` : `in ${futureText(-past)}`;
}

function pastText(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  return formatLiveDuration(ms);
}

function futureText(ms: number): string {
  if (ms < MINUTE) return `${Math.ceil(ms / SECOND)} s`;
  if (ms < 10 * MINUTE) return long(ms);
  if (ms < HOUR - MINUTE / 2) return `${Math.round(ms / MINUTE)} m`;
  return long(ms);
}
