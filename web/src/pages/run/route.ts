import type { Page } from '../page';

export const pages: Page[] = [
  { path: '/runs/:workflow/:name', load: () => import('./Run'), under: '/runs', hasActions: true },
];
