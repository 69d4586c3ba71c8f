// Where the reader is, over the History API.
import {
  useCallback,
  useMemo,
  useSyncExternalStore,
  type AnchorHTMLAttributes,
  type MouseEvent,
} from 'react';
import { parseLocation, queryText, withQuery, type Location, type QueryValues } from './url';

const listeners = new Set<() => void>();
const emit = () => listeners.forEach((tell) => tell());

const current = () => window.location.pathname + window.location.search;

function subscribe(tell: () => void): () => void {
  if (listeners.size === 0) window.addEventListener('popstate', emit);
  listeners.add(tell);
  return () => {
    listeners.delete(tell);
    if (listeners.size === 0) window.removeEventListener('popstate', emit);
  };
}

/** Another page begins at its top, and so does who goes through it by keyboard or ear. */
function beginPage(): void {
  window.scrollTo(0, 0);
  requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }));
}

/** Goes to a path of this origin. `replace`: without an entry of its own in the history (typing into a filter). */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === current()) return;
  const before = window.location.pathname;
  window.history[options.replace ? 'replaceState' : 'pushState'](null, '', to);
  emit();
  if (window.location.pathname !== before) beginPage();
}

/** The place, renewed when it changes. */
export function useLocation(): Location {
  const target = useSyncExternalStore(subscribe, current);
  return useMemo(() => parseLocation(target), [target]);
}

/** Changes values of the query, keeps the rest. */
export function useSetQuery(): (change: QueryValues, options?: { replace?: boolean }) => void {
  return useCallback((change, options) => navigate(withQuery(parseLocation(current()), change), options), []);
}

/** What a value of the query may be. `parse` answers undefined for what it cannot be. */
export interface Kind<T> {
  parse: (text: string) => T | undefined;
  print: (value: T) => string;
  /** Completes "expected …". */
  expected: string;
}

export const anyText: Kind<string> = { parse: (text) => text, print: (value) => value, expected: 'a text' };
export const wholeNumber: Kind<number> = {
  parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
  print: String,
  expected: 'a whole number',
};
export const yesNo: Kind<boolean> = {
  parse: (text) => (text === '1' ? true : text === '0' ? false : undefined),
  print: (value) => (value ? '1' : '0'),
  expected: '1 or 0',
};
export function oneOf<T extends string>(...values: readonly T[]): Kind<T> {
  return {
    parse: (text) => values.find((value) => value === text),
    print: (value) => value,
    expected: `one of ${values.join(', ')}`,
  };
}
export function listOf<T extends string>(...values: readonly T[]): Kind<T[]> {
  return {
    parse: (text) => {
      const found = text.split(',').map((part) => values.find((value) => value === part));
      return found.every((part) => part !== undefined) ? found : undefined;
    },
    print: (value) => value.join(','),
    expected: `some of ${values.join(', ')}`,
  };
}

export interface Fault {
  key: string;
  text: string;
  expected: string;
}

const faults = new Map<string, Fault>();
let faultList: Fault[] = [];

function note(key: string, fault: Fault | undefined): void {
  if (faults.get(key)?.text === fault?.text) return;
  if (fault) faults.set(key, fault);
  else faults.delete(key);
  faultList = [...faults.values()];
}

/** Values of the query that cannot be; the shell names them above the page. */
export function useQueryFaults(): [Fault[], () => void] {
  const list = useSyncExternalStore(subscribe, () => faultList);
  const forget = useCallback(() => {
    faults.clear();
    faultList = [];
    emit();
  }, []);
  return [list, forget];
}

/**
 * One value of the query, and how to set it: `const [range, setRange] = useQueryValue('range', oneOf('1h', '24h'), '24h')`.
 * The default is left out of the URL. What cannot be is dropped from the URL and named above the page.
 */
export function useQueryValue<T>(
  key: string,
  kind: Kind<T>,
  standard: T,
): [T, (value: T, options?: { replace?: boolean }) => void] {
  const { query } = useLocation();
  const text = query.get(key);
  const parsed = text === null ? undefined : kind.parse(text);
  if (text !== null && parsed === undefined) {
    queueMicrotask(() => {
      note(key, { key, text, expected: kind.expected });
      navigate(withQuery(parseLocation(current()), { [key]: undefined }), { replace: true });
    });
  }
  const setQuery = useSetQuery();
  const set = useCallback(
    (value: T, options?: { replace?: boolean }) => {
      const printed = kind.print(value);
      setQuery({ [key]: printed === kind.print(standard) ? undefined : printed }, options);
    },
    [key, kind, standard, setQuery],
  );
  return [parsed ?? standard, set];
}

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & {
  to: string;
  query?: QueryValues;
  replace?: boolean;
};

/** A link to a page; a click with a key held, or of another button, is the browser's. */
export function Link({ to, query, replace, onClick, ...rest }: LinkProps) {
  const target = query ? to + queryText(query) : to;
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !isPlain || (rest.target && rest.target !== '_self')) return;
    event.preventDefault();
    navigate(target, { replace: replace ?? false });
  };
  return <a {...rest} href={target} onClick={go} />;
}
