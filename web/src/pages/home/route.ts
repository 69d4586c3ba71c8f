import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/',
    load: () => import('./Home'),
    nav: { text: 'Home', order: 1, icon: 'home', onPhone: true },
    keys: [
      ['1 … 6', 'Runs of a tile'],
      ['J K', 'Next and previous cause; Enter opens its last run'],
      ['← →', 'In the chart: choose a stretch of time, with Shift a longer one; Esc clears it'],
    ],
  },
];
