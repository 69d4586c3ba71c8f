// The time of the page. It stands still while the connection is lost: values stay, relative times stop.
import { useEffect, useState } from 'react';
import { useConnection } from '@/api';

/** The time, renewed every `every` ms while the page is seen. */
export function useNow(every: number): number {
  const connection = useConnection();
  const isFrozen = connection.kind === 'lost';
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (isFrozen) return;
    const timer = window.setInterval(
      () => document.visibilityState === 'visible' && setNow(Date.now()),
      every,
    );
    return () => window.clearInterval(timer);
  }, [every, isFrozen]);
  return now;
}
