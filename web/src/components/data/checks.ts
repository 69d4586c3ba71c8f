// A check of a data task, as its result says it, and the rows that it found.

export interface Check {
  name: string;
  kind: string;
  column?: string;
  status: string;
  severity?: string;
  evaluated: number;
  failed: number;
  percent?: number;
  threshold?: string;
  message?: string;
  reason?: string;
  samples?: Sample[];
}

export interface Sample {
  line?: number;
  file?: string;
  /** The judged value; of a broken line, the line. */
  value?: unknown;
  reason?: string;
  row?: Record<string, unknown>;
}

export const shown = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** The examples as a table: the line, the column that was judged, and what stands beside it. */
export function samplesOf(check: Check, most: number): { columns: string[]; rows: Record<string, string>[] } {
  const samples = (check.samples ?? []).slice(0, most);
  const judged = check.column;
  const columns = new Set<string>();
  const rows = samples.map((sample) => {
    const row: Record<string, string> = {};
    if (sample.line !== undefined) row['line'] = String(sample.line);
    if (judged !== undefined && 'value' in sample) row[judged] = shown(sample.value);
    for (const [key, value] of Object.entries(sample.row ?? {})) row[key] ??= shown(value);
    Object.keys(row).forEach((key) => columns.add(key));
    return row;
  });
  return { columns: [...columns].slice(0, 7), rows };
}

export interface Result {
  state: string;
  definition_path: string;
  path: string;
  task: string;
  status: string;
  at: string;
  duration_ms?: number;
  /** The envelope of the task. */
  result?: Record<string, unknown>;
  run?: number;
  later_runs?: number;
}

export const checksOf = (one: Result): Check[] => {
  const checks = one.result?.['checks'];
  return Array.isArray(checks) ? (checks as Check[]) : [];
};

/** It ended badly: one that warns did not. */
export const hasFailed = (one: Result): boolean => one.status !== 'success' && one.status !== 'warn';
