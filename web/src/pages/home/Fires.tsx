import { useNow } from '@/app/now';
import { useZone } from '@/app/settings';
import { Card, Foreign, Note } from '@/components';
import { formatClock, formatDay, formatIso, formatRelative, formatTime } from '@/formats';
import { existing } from '@/pages';
import { href, Link } from '@/router';
import { scheduleText, skippedReason, type Fire, type Home } from './words';

const SHOWN = 6;

/** When schedules fire next, and which of them started nothing the last time. */
export function Fires({ home }: { home: Home }) {
  const [zone] = useZone();
  const now = useNow(60_000);
  const fires = home.next_fires;
  const skipped = fires.filter((fire) => skippedReason(fire) !== undefined);
  const foot = skipped.slice(0, 3).map((fire) => (
    <div key={fire.schedule}>
      {fire.workflow} did not start
      {fire.last &&
        ` at ${formatTime(Date.parse(fire.last.scheduled_time ?? fire.last.at), zone, now)}`}:{' '}
      {skippedReason(fire)}.
    </div>
  ));
  return (
    <Card title="Next fires" note={zone} foot={foot.length ? <div>{foot}</div> : undefined} flush>
      {fires.length === 0 ? (
        <Note title="Nothing is scheduled">
          <p>
            A workflow with <code>schedules</code> in its file starts by itself; when it does next stands
            here.
          </p>
        </Note>
      ) : (
        <ul className="rows rows--next">
          {fires.slice(0, SHOWN).map((fire) => (
            <FireRow key={fire.schedule} fire={fire} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function FireRow({ fire }: { fire: Fire }) {
  const [zone] = useZone();
  const now = useNow(1000);
  const at = Date.parse(fire.at);
  const workflow = existing(href('/workflows/:workflow', { workflow: fire.workflow }));
  const isFar = at - now > 20 * 3_600_000;
  return (
    <li>
      <time className="mono ink-2 home__clock" dateTime={fire.at} title={formatIso(at, zone)}>
        {isFar ? formatDay(at, zone) : formatClock(at, zone)}
      </time>
      <div className="home__what">
        {workflow ? (
          <Link className="home__title" to={workflow}>
            {fire.workflow}
          </Link>
        ) : (
          <span className="home__title">{fire.workflow}</span>
        )}
        <div className="sub">
          <Foreign>{scheduleText(fire)}</Foreign>
        </div>
      </div>
      <span className="ink-3 nowrap home__clock">{at > now ? formatRelative(at, now) : 'due now'}</span>
    </li>
  );
}
