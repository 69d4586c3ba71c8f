import type { Page } from '../page';

export const pages: Page[] = [{ path: '/answer', load: () => import('./Answer'), isBare: true }];
