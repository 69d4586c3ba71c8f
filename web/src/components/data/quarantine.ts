// Rows that validate tasks put aside, as their results tell of them.
import { checksOf, shown, type Check, type Result, type Sample } from './checks';

export interface RejectedRow {
  key: string;
  file?: string;
  line?: number;
  /** Each check that the row did not pass. */
  reasons: string[];
  /** What of a broken line is broken. */
  why?: string;
  /** Columns that were judged. */
  bad: string[];
  cells: Record<string, string>;
}

export interface QuarantineFile {
  uri: string;
  /** That wrote it, as the API takes it. */
  run: string;
  /** Of the task that wrote it. */
  path: string;
  /** In the file. */
  count: number;
  /** Those that the result has as examples: all of them, where they are few. */
  rows: RejectedRow[];
  checks: Check[];
}

/** In place of columns, the line that has none. */
const WHOLE = 'the line';

export interface Reason {
  name: string;
  message: string;
  /** Over all files. */
  count: number;
}

/** The files that the tasks wrote, the fullest first. `run`: whose results they are, where they do not say it. */
export function quarantinesOf(results: readonly Result[], run: string): QuarantineFile[] {
  return results
    .flatMap((one) => {
      const made = one.result?.['quarantine'] as { uri?: unknown; rows?: unknown } | null | undefined;
      if (typeof made?.uri !== 'string' || typeof made.rows !== 'number' || made.rows === 0) return [];
      const checks = checksOf(one).filter((check) => check.failed > 0);
      return [
        {
          uri: made.uri,
          run: String(one.run ?? run),
          path: one.path,
          count: made.rows,
          rows: rowsOf(checks),
          checks,
        },
      ];
    })
    .sort((a, b) => b.count - a.count);
}

/** Why rows are there, the most frequent first. */
export function reasonsOf(files: readonly QuarantineFile[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const check of files.flatMap((file) => file.checks)) {
    const known = reasons.get(check.name);
    if (known) known.count += check.failed;
    else reasons.set(check.name, { name: check.name, message: check.message ?? '', count: check.failed });
  }
  return [...reasons.values()].sort((a, b) => b.count - a.count);
}

/** The examples of all checks by row: one that fails twice is one row with two reasons. */
function rowsOf(checks: readonly Check[]): RejectedRow[] {
  const rows = new Map<string, RejectedRow>();
  for (const check of checks) {
    for (const [i, sample] of (check.samples ?? []).entries()) {
      const key = keyOf(sample) ?? `${check.name} ${i}`;
      const row = rows.get(key) ?? rowOf(key, sample);
      row.reasons.push(check.name);
      if (check.column !== undefined) {
        row.bad.push(check.column);
        if ('value' in sample) row.cells[check.column] = shown(sample.value);
      } else if ('value' in sample) {
        row.cells[WHOLE] = shown(sample.value);
      }
      if (sample.reason !== undefined) row.why = sample.reason;
      rows.set(key, row);
    }
  }
  return [...rows.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

const keyOf = ({ file, line }: Sample) => (line === undefined ? undefined : `${file ?? ''}:${line}`);

function rowOf(key: string, { file, line, row }: Sample): RejectedRow {
  const cells = Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, shown(value)]));
  return {
    key,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    reasons: [],
    bad: [],
    cells,
  };
}

/** A row of the file, as the API gives it. */
export interface FileRow {
  file: string | null;
  line: number | null;
  /** Names of checks, some with what was wrong behind a colon. */
  reasons: string[];
  /** The whole line, where it has no columns. */
  raw: string | null;
  cells: Record<string, unknown>;
}

/** `number` of the row in the file, from 0. */
export function rejectedRow(item: FileRow, number: number, checks: readonly Check[]): RejectedRow {
  const said = item.reasons.map((reason) => reason.split(': '));
  const reasons = said.map(([name = '']) => name);
  const why = said.flatMap((words) => words.slice(1)).join(': ');
  const bad = checks.filter((check) => check.column !== undefined && reasons.includes(check.name));
  return {
    key: String(number),
    ...(item.file === null ? {} : { file: item.file }),
    ...(item.line === null ? {} : { line: item.line }),
    reasons,
    ...(why ? { why } : {}),
    bad: [...new Set(bad.map((check) => check.column ?? ''))],
    cells:
      item.raw === null
        ? Object.fromEntries(Object.entries(item.cells).map(([name, value]) => [name, shown(value)]))
        : { [WHOLE]: item.raw },
  };
}

/** Columns of the rows in the order in which they are met, those that were judged first. */
export function columnsOf(rows: readonly RejectedRow[], most: number): string[] {
  const names = new Set(rows.flatMap((row) => row.bad));
  for (const row of rows) Object.keys(row.cells).forEach((name) => names.add(name));
  return [...names].slice(0, most);
}
