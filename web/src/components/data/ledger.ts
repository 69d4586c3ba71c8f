// Where the rows of a run went, an item of a Map a row.
import { hasFailed, type Result } from './checks';

/** Whether every row that a task read, or added, is good, rejected or dropped. */
export function isBalanced(rows: Record<string, unknown>): boolean {
  const n = (key: string) => (typeof rows[key] === 'number' ? rows[key] : 0);
  return n('read') + n('added') === n('good') + n('rejected') + n('dropped');
}

export interface LedgerRow {
  /** `Each month[5]`; empty for what stands in no Map. */
  key: string;
  label: string;
  read: number;
  good: number;
  rejected: number;
  dropped: number;
  /** Of each of its tasks that judge rows. */
  isBalanced: boolean;
  inserted: number;
  updated: number;
  unchanged: number;
  /** The task that failed, else the last one that ended. */
  outcome: string;
  status: 'failed' | 'succeeded' | 'warning';
}

const rowsOf = (one: Result): Record<string, unknown> => {
  const rows = one.result?.['rows'];
  return typeof rows === 'object' && rows !== null ? (rows as Record<string, unknown>) : {};
};

const numberIn = (one: Result, key: string): number => {
  const value = rowsOf(one)[key];
  return typeof value === 'number' ? value : 0;
};

const itemOf = (path: string): string => /^(.*?\[\d+\])/.exec(path)?.[1] ?? '';

/**
 * Rows are read, judged and rejected where they come in (the first task of the item); what falls out later is dropped;
 * what a table became is told by the tasks that load.
 */
export function ledgerOf(results: readonly Result[]): LedgerRow[] {
  const byItem = new Map<string, Result[]>();
  for (const one of results) {
    const key = itemOf(one.path);
    byItem.set(key, [...(byItem.get(key) ?? []), one]);
  }
  return [...byItem].map(([key, own]) => rowOf(key, own)).sort((a, b) => indexOf(a.key) - indexOf(b.key));
}

const indexOf = (key: string): number => Number(/\[(\d+)\]$/.exec(key)?.[1] ?? -1);

function rowOf(key: string, own: readonly Result[]): LedgerRow {
  const [first] = own;
  const failed = own.find(hasFailed);
  const loads = own.filter((one) => one.task === 'load');
  const sum = (of: readonly Result[], name: string) =>
    of.reduce((total, one) => total + numberIn(one, name), 0);
  const rejected = sum(own, 'rejected');
  const index = indexOf(key);
  return {
    key,
    label: key === '' ? 'Outside of Maps' : `${key.replace(/\[\d+\]$/, '')}, item ${index + 1}`,
    read: first ? numberIn(first, 'read') : 0,
    good: first ? numberIn(first, 'good') : 0,
    rejected,
    dropped: sum(own, 'dropped'),
    isBalanced: own.every((one) => !('good' in rowsOf(one)) || isBalanced(rowsOf(one))),
    inserted: sum(loads, 'inserted'),
    updated: sum(loads, 'updated'),
    unchanged: sum(loads, 'unchanged'),
    outcome: failed ? `${failed.state} failed` : rejected > 0 ? 'Some rejected' : (own.at(-1)?.state ?? ''),
    status: failed ? 'failed' : rejected > 0 ? 'warning' : 'succeeded',
  };
}

export const figures = ['read', 'good', 'rejected', 'dropped', 'inserted', 'updated', 'unchanged'] as const;
export type Figure = (typeof figures)[number];

export function totalOf(rows: readonly LedgerRow[]): Record<Figure, number> {
  const total = (name: Figure) => rows.reduce((sum, row) => sum + row[name], 0);
  return Object.fromEntries(figures.map((name) => [name, total(name)])) as Record<Figure, number>;
}

export interface MatrixRow {
  check: string;
  cells: { key: string; status: string; failed: number; result: Result }[];
}

/** Checks by items: those that failed first, then in the order in which they are declared. */
export function matrixOf(
  results: readonly Result[],
  checksOf: (one: Result) => readonly { name: string; status: string; failed: number }[],
): MatrixRow[] {
  const rows = new Map<string, MatrixRow>();
  for (const result of results) {
    for (const check of checksOf(result)) {
      const row = rows.get(check.name) ?? { check: check.name, cells: [] };
      row.cells.push({ key: itemOf(result.path), status: check.status, failed: check.failed, result });
      rows.set(check.name, row);
    }
  }
  const isBad = (row: MatrixRow) => row.cells.some((cell) => cell.status !== 'pass');
  return [...rows.values()].sort((a, b) => Number(isBad(b)) - Number(isBad(a)));
}
