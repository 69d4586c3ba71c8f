import type { Page } from '../page';

export const pages: Page[] = [
  { path: '/logs', load: () => import('./Logs'), nav: { text: 'Logs', order: 5, icon: 'runs' } },
];
