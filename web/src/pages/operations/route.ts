import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/operations',
    load: () => import('./Operations'),
    nav: { text: 'Operations', order: 6, icon: 'runs' },
  },
  { path: '/operations/:part', load: () => import('./Operations'), under: '/operations' },
];
