import type { Page } from '../page';

export const pages: Page[] = [{ path: '/signin', load: () => import('./SignIn'), isBare: true }];
