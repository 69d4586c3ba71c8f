import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/workflows',
    load: () => import('./Workflows'),
    nav: { text: 'Workflows', order: 2, icon: 'transform', onPhone: true },
  },
  { path: '/workflows/:name', load: () => import('./Workflow'), under: '/workflows' },
  { path: '/workflows/:name/:tab', load: () => import('./Workflow'), under: '/workflows' },
];
