import { urlOf } from '@/api';
import type { Page } from '../page';
import { askedOf, rangeNames } from './span';

export const pages: Page[] = [
  {
    path: '/',
    load: () => import('./Home'),
    asks: (query) => {
      const range = rangeNames.find((one) => one === (query.get('range') ?? '24h'));
      return range && !query.has('from') ? [urlOf('/api/v1/home', {}, askedOf(range))] : [];
    },
    nav: { text: 'Home', order: 1, icon: 'home', onPhone: true },
    keys: [
      ['1 … 6', 'Runs of a tile'],
      ['J K', 'Next and previous cause; Enter opens its last run'],
      ['← →', 'In the chart: choose a stretch of time, with Shift a longer one; Esc clears it'],
    ],
  },
];
