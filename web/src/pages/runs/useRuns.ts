// The runs of a filter: page by page as the reader comes to the end, renewed while nobody is deep in the list.
import { useCallback, useMemo, useRef, useState } from 'react';
import { api, ApiError, useLive, useQuery, type Query, type Schemas } from '@/api';
import type { ApiFilter } from './filter';

export type RunRow = Schemas['RunRow'];

/** Two screens of them: what is drawn at once is what a filter costs. */
const PAGE = 50;

export interface Runs {
  rows: RunRow[];
  first: Query<unknown>;
  hasMore: boolean;
  /** Runs that have begun since, and are not in sight. */
  fresh: number;
  more: () => void;
  renew: () => void;
  error: ApiError | undefined;
}

interface Later {
  key: string;
  rows: RunRow[];
  next: string | undefined;
  error?: ApiError;
}

export function useRuns(filter: ApiFilter): Runs {
  const first = useQuery('/api/v1/runs', { query: { ...filter, limit: PAGE } });
  const key = JSON.stringify(filter);
  const [later, setLater] = useState<Later>({ key, rows: [], next: undefined });
  const [begun, setBegun] = useState({ key, count: 0 });
  const isBusy = useRef(false);
  const own = later.key === key ? later : undefined;
  // The end of the old list is not that of the new one.
  const next = first.isStale ? undefined : own?.rows.length ? own.next : first.data?.next;
  const more = useCallback(() => {
    if (next === undefined || isBusy.current) return;
    isBusy.current = true;
    api
      .get('/api/v1/runs', { query: { ...(JSON.parse(key) as ApiFilter), limit: PAGE, after: next } })
      .then(
        (page) =>
          setLater((old) => ({
            key,
            rows: [...(old.key === key ? old.rows : []), ...page.items],
            next: page.next,
          })),
        (error: unknown) => {
          if (error instanceof ApiError) setLater((old) => ({ ...old, key, error }));
        },
      )
      .finally(() => {
        isBusy.current = false;
      });
  }, [key, next]);
  const reload = first.reload;
  const renew = useCallback(() => {
    setBegun({ key, count: 0 });
    setLater({ key, rows: [], next: undefined });
    reload();
  }, [key, reload]);
  const isDeep = own !== undefined && own.rows.length > 0;
  useLive((events) => {
    const count = events.filter((event) => event.type === 'ExecutionStarted').length;
    // Nothing is pushed down under a reader who has scrolled.
    if (isDeep || window.scrollY > 200)
      setBegun((old) => ({ key, count: (old.key === key ? old.count : 0) + count }));
    else reload();
  }, first.data?.as_of);
  const rows = useMemo(
    () => distinct([...(first.data?.items ?? []), ...(own?.rows ?? [])]),
    [first.data, own],
  );
  return {
    rows,
    first,
    hasMore: next !== undefined,
    fresh: begun.key === key ? begun.count : 0,
    more,
    renew,
    error: own?.error,
  };
}

/** A run that moved between two pages stands once. */
function distinct(rows: RunRow[]): RunRow[] {
  const seen = new Set<number>();
  return rows.filter((row) => !seen.has(row.run) && seen.add(row.run));
}
