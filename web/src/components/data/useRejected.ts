// The rows that a run put aside, out of their file: page by page, as the reader asks for more.
import { useCallback, useMemo, useRef, useState } from 'react';
import { api, useQuery, type Answer, type ApiError } from '@/api';
import { rejectedRow, type QuarantineFile, type RejectedRow } from './quarantine';

type Item = Answer<'/api/v1/runs/{run}/rejected', 'get'>['items'][number];

const PAGE = 50;

export interface Rejected {
  /** Nothing while the first page is awaited, and where the file cannot be read. */
  rows: RejectedRow[] | undefined;
  /** Of those that fit, in the file. */
  total: number;
  error: ApiError | undefined;
  /** Asks for the next page; nothing where there is none. */
  more: (() => void) | undefined;
}

interface Later {
  of: unknown;
  items: Item[];
  next: string | undefined;
}

export function useRejected(file: QuarantineFile, check: string): Rejected {
  const { run, path } = file;
  const query = { path, limit: PAGE, ...(check ? { check } : {}) };
  const first = useQuery('/api/v1/runs/{run}/rejected', { path: { run }, query });
  const data = first.isStale ? undefined : first.data;
  const [held, setHeld] = useState<Later>();
  const isBusy = useRef(false);
  const later = held?.of === data ? held : undefined;
  const next = later ? later.next : data?.next;
  const more = useCallback(() => {
    if (next === undefined || isBusy.current) return;
    isBusy.current = true;
    const asked = { path, limit: PAGE, after: next, ...(check ? { check } : {}) };
    api
      .get('/api/v1/runs/{run}/rejected', { path: { run }, query: asked })
      .then((page) =>
        setHeld((old) => ({
          of: data,
          items: [...(old && old.of === data ? old.items : []), ...page.items],
          next: page.next,
        })),
      )
      // The button stays, and asks again.
      .catch(() => undefined)
      .finally(() => (isBusy.current = false));
  }, [run, path, check, next, data]);
  const rows = useMemo(
    () =>
      data && [...data.items, ...(later?.items ?? [])].map((item, i) => rejectedRow(item, i, file.checks)),
    [data, later, file.checks],
  );
  return { rows, total: data?.total ?? 0, error: first.error, more: next === undefined ? undefined : more };
}
