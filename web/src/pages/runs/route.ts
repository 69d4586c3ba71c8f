import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/runs',
    load: () => import('./Runs'),
    nav: { text: 'Runs', order: 3, icon: 'runs', onPhone: true },
  },
];
