// Pages are loaded when they are first opened. Not by React's Suspense: that holds content back for 300 ms once it has
// shown something in its place.
import { useSyncExternalStore, type ComponentType } from 'react';
import type { Page, PageProps } from '@/pages/page';

type Content = ComponentType<PageProps>;

const loaded = new Map<Page, Content | Error>();
const loading = new Set<Page>();
const listeners = new Set<() => void>();

/** Begins to load the page, unless it is there or under way. */
export function loadPage(page: Page): void {
  if (loaded.has(page) || loading.has(page)) return;
  loading.add(page);
  const done = (result: Content | Error) => {
    loading.delete(page);
    loaded.set(page, result);
    listeners.forEach((tell) => tell());
  };
  page.load().then(
    (module) => done(module.default),
    // The daemon has another version by now, whose files have other names; or it is away.
    () =>
      done(
        new Error(
          'A part of the dashboard could not be loaded: the daemon is away, or another version than before.',
        ),
      ),
  );
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** What the page shows, or nothing while it is loaded. Throws where that failed. */
export function usePageContent(page: Page): Content | undefined {
  const found = useSyncExternalStore(subscribe, () => loaded.get(page));
  if (found instanceof Error) throw found;
  return found;
}
