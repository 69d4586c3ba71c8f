import { urlOf } from '@/api';
import type { Page } from '../page';

export const pages: Page[] = [
  {
    path: '/runs/:workflow/:name',
    load: () => import('./Run'),
    asks: (_, params) => {
      const path = { run: `${params['workflow'] ?? ''}/${params['name'] ?? ''}` };
      return [
        urlOf('/api/v1/runs/{run}/overview', path),
        urlOf('/api/v1/runs/{run}/states', path, { limit: 1000 }),
      ];
    },
    under: '/runs',
    hasActions: true,
    keys: [
      ['↑ ↓', 'Previous and next step'],
      ['N', 'Next failed step'],
      [', .', 'The event before and behind: the page as of it; Esc goes back to now'],
    ],
  },
];
