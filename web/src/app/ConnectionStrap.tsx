// Says when the page is frozen, and when it is tried again.
import { useContext, useEffect, useState } from 'react';
import { LiveContext, useConnection } from '@/api';
import { Button, Strap } from '@/components';
import { formatClock, formatRelative } from '@/formats';
import { useZone } from './settings';

export function ConnectionStrap() {
  const connection = useConnection();
  const stream = useContext(LiveContext);
  const [zone] = useZone();
  const now = useTick(connection.kind === 'lost');
  if (connection.kind === 'back' && connection.restarted) {
    return <Strap icon="refresh">Daemon restarted at {formatClock(connection.at, zone)}, nothing lost</Strap>;
  }
  if (connection.kind !== 'lost') return null;
  const next =
    connection.retryAt === undefined ? 'trying now' : `next try ${formatRelative(connection.retryAt, now)}`;
  return (
    <Strap icon="plug">
      <span>
        No connection to the daemon: the page is as of {formatClock(connection.since, zone)}; {next}.
      </span>
      {connection.retryAt !== undefined && (
        <Button small onClick={() => stream?.retryNow()}>
          Try now
        </Button>
      )}
    </Strap>
  );
}

/** The time, while it is wanted: the page's own stands still then. */
function useTick(isWanted: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isWanted) return;
    const timer = window.setInterval(() => setNow(Date.now()), 500);
    return () => window.clearInterval(timer);
  }, [isWanted]);
  return now;
}
