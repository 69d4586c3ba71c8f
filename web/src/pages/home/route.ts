import type { Page } from '../page';

export const pages: Page[] = [
  { path: '/', load: () => import('./Home'), nav: { text: 'Home', order: 1, icon: 'home', onPhone: true } },
];
