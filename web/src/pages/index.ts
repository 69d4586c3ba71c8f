import { matchPath } from '@/router';
import type { Page } from './page';

const found = import.meta.glob<{ pages: Page[] }>('./*/route.ts', { eager: true });

export const pages: Page[] = Object.values(found).flatMap((module) => module.pages);

/** Entries of the bars, in their order. */
export const entries = pages
  .filter((page) => page.nav !== undefined)
  .sort((a, b) => (a.nav?.order ?? 0) - (b.nav?.order ?? 0));

/** The page of a path, and what the parts of its pattern stand for; a pattern without parts goes before one with. */
export function pageOf(path: string): { page: Page; params: Record<string, string> } | undefined {
  for (const page of [...pages].sort((a, b) => parts(a) - parts(b))) {
    const params = matchPath(page.path, path);
    if (params) return { page, params };
  }
  return undefined;
}

const parts = (page: Page) => page.path.split(':').length;

/** The path if there is such a page, else nothing: a link to a page that does not exist is no link. */
export const existing = (to: string): string | undefined => (pageOf(to.replace(/\?.*/, '')) ? to : undefined);
