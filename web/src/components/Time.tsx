import { formatIso, formatLiveDuration, formatRelative, formatTime, parseTime } from '@/formats';
import { useNow } from '@/app/now';
import { useZone } from '@/app/settings';

/** A time in the reader's zone; its title is the whole of it. */
export function Time({ at }: { at: string }) {
  const [zone] = useZone();
  const now = useNow(60_000);
  const ms = parseTime(at);
  return (
    <time dateTime={at} title={formatIso(ms, zone)}>
      {formatTime(ms, zone, now)}
    </time>
  );
}

/** `42 min ago`: beside a time, never instead; stops while the connection is lost. */
export function Ago({ at }: { at: string }) {
  const [zone] = useZone();
  const ms = parseTime(at);
  const now = useNow(1000);
  return (
    <time dateTime={at} title={formatIso(ms, zone)}>
      {formatRelative(ms, now)}
    </time>
  );
}

/** How long something goes on since `at`. */
export function Elapsed({ since }: { since: string }) {
  const now = useNow(1000);
  return <>{formatLiveDuration(now - parseTime(since))}</>;
}
