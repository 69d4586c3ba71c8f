// What a page says of itself. One folder a page, with a `route.ts` that exports `pages`; nothing else has to know it.
import type { ComponentType } from 'react';

export interface Page {
  /** `/runs/:workflow/:name`. */
  path: string;
  /** Loads it when it is first opened; what the pattern's parts stand for comes as `params`. */
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** The URLs of what it asks for first: asked for while its code comes. Each as its query makes it. */
  asks?: (query: URLSearchParams, params: Record<string, string>) => string[];
  /** Its entry in the bars; a page of a deeper path has none, and `under` says whose entry is marked. */
  nav?: { text: string; order: number; icon: 'home' | 'runs' | 'transform' | 'table'; onPhone?: boolean };
  /** The path of the entry that is marked while the page is open; its own by default. */
  under?: string;
  /** Its keys, for the sheet: `['J K', 'Next and previous cause']`. */
  keys?: readonly (readonly [keys: string, what: string])[];
  /** On the phone its own two actions stand at the foot, in place of the bar. */
  hasActions?: boolean;
  /** Without bars, and for who is not signed in: the sign-in page. */
  isBare?: boolean;
}

export interface PageProps {
  params: Record<string, string>;
}
