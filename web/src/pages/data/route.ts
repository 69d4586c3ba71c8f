import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/data',
    load: () => import('./Tables'),
    nav: { text: 'Data', order: 4, icon: 'table', onPhone: true },
  },
  { path: '/data/:name', load: () => import('./Data'), under: '/data' },
];
