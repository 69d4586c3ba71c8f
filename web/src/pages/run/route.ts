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
  },
];
