// Data of a page, with what a reader has to know about it: loading, an error, or old because a newer answer is awaited.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, send, urlOf, type Answer, type Options, type PathsWith } from './client';
import type { paths } from './schema';

export interface Query<T> {
  data: T | undefined;
  /** Of the last try; the data before stays. */
  error: ApiError | undefined;
  /** Nothing to show yet. */
  isLoading: boolean;
  /** What is shown is the answer to another question (a filter changed): drawn with 60 % ink. */
  isStale: boolean;
  /** When the data came, in milliseconds since 1970. */
  at: number;
  reload: () => void;
}

interface Held<T> {
  url: string;
  data: T | undefined;
  error: ApiError | undefined;
  at: number;
}

/** Asks for a URL, anew when it changes; null asks nothing. */
export function useJson<T>(url: string | null): Query<T> {
  const [held, setHeld] = useState<Held<T>>({ url: '', data: undefined, error: undefined, at: 0 });
  const [turn, setTurn] = useState(0);
  const isBusy = useRef(false);
  const isWanted = useRef(false);
  useEffect(() => {
    if (url === null) return;
    const giveUp = new AbortController();
    isBusy.current = true;
    isWanted.current = false;
    const take = async () => {
      try {
        const response = await send('GET', url, { signal: giveUp.signal });
        const data = (await response.json()) as T;
        if (!giveUp.signal.aborted) setHeld({ url, data, error: undefined, at: Date.now() });
      } catch (error) {
        if (giveUp.signal.aborted) return;
        const said = error instanceof ApiError ? error : new ApiError(`GET ${url}`, 0);
        setHeld((old) => ({ ...old, url: old.data === undefined ? url : old.url, error: said }));
      }
      if (giveUp.signal.aborted) return;
      isBusy.current = false;
      // Asked for while an answer was under way, which may not have known: once more.
      if (isWanted.current) setTurn((n) => n + 1);
    };
    void take();
    return () => giveUp.abort();
  }, [url, turn]);
  const reload = useCallback(() => {
    if (isBusy.current) isWanted.current = true;
    else setTurn((n) => n + 1);
  }, []);
  const isLoading = url !== null && held.data === undefined && held.error === undefined;
  return { ...held, isLoading, isStale: held.data !== undefined && held.url !== url, reload };
}

/** `useQuery('/api/v1/home', { query: { range } })`; `null` in place of the options asks nothing. */
export function useQuery<P extends PathsWith<'get'>>(
  pattern: P,
  options: Options<paths[P]['get']> | null = {},
): Query<Answer<P, 'get'>> {
  return useJson<Answer<P, 'get'>>(options && urlOf(pattern, options.path, options.query));
}
