import { urlOf } from '@/api';

/** Has the browser keep what the daemon answers, under the name that it gives; it does not come through the page. */
export function download(pattern: string, path: object, query: object): void {
  const link = document.createElement('a');
  link.href = urlOf(pattern, path, query);
  link.download = '';
  link.click();
}
