import { useSyncExternalStore } from 'react';

const query = () => window.matchMedia('(max-width: 640px)');

function subscribe(tell: () => void): () => void {
  const list = query();
  list.addEventListener('change', tell);
  return () => list.removeEventListener('change', tell);
}

/** Whether the screen is as narrow as a phone's: where it shows something else, not the same in another place. */
export const useIsPhone = (): boolean => useSyncExternalStore(subscribe, () => query().matches);
