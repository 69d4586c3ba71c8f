import { useEffect } from 'react';
import { statuses, type StatusName } from '@/status/status';
import { visible } from '@/formats';

/** The title of the window, status first: `Failed: flights 2026-11-21.0600 · Stepwell`. */
export function useTitle(text: string, status?: StatusName): void {
  useEffect(() => {
    document.title = `${status ? `${statuses[status].word}: ` : ''}${visible(text)} · Stepwell`;
  }, [text, status]);
}
