import { useLive, useQuery, type Schemas } from '@/api';
import { Ago, Card, Failed, Foreign, Icon, Loaded, Note, StatusIcon, Time } from '@/components';
import { formatDuration, formatNumber } from '@/formats';
import { href, Link } from '@/router';
import { skipReason } from '@/words/starts';

type Schedule = Schemas['Schedule'];
type Trigger = Schemas['Trigger'];
type Claim = Schemas['Claim'];

/** What starts the workflow by itself: when next, what the last tick did, and why a tick started nothing. */
export function Starts({ workflow }: { workflow: string }) {
  const schedules = useQuery('/api/v1/schedules', { query: { fires: 5, limit: 1000 } });
  const triggers = useQuery('/api/v1/triggers', { query: { limit: 1000 } });
  useLive((events) => {
    if (
      events.some(
        (event) => event.type === 'changed' || event.type === 'reset' || event.type === 'ExecutionStarted',
      )
    ) {
      schedules.reload();
      triggers.reload();
    }
  }, schedules.data?.as_of);
  return (
    <Card flush title="Schedules and triggers">
      {triggers.error && <Failed error={triggers.error} retry={triggers.reload} />}
      <Loaded query={schedules}>
        {(data) => {
          const own = data.items.filter((one) => one.workflow === workflow);
          const mine = (triggers.data?.items ?? []).filter((one) => one.workflow === workflow);
          if (own.length + mine.length === 0) {
            return (
              <Note icon="calendar" title="It starts only when somebody starts it">
                <p>
                  A file gives it a schedule: <code>{'schedules: [{name: daily, cron: "0 6 * * *"}]'}</code>
                </p>
              </Note>
            );
          }
          return (
            <ul className="rows">
              {own.map((one) => (
                <ScheduleRow key={one.id} one={one} />
              ))}
              {mine.map((one) => (
                <TriggerRow key={one.id} one={one} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}

function ScheduleRow({ one }: { one: Schedule }) {
  return (
    <li className="start-row">
      <Icon name="calendar" />
      <div>
        <code>
          <Foreign>{one.expression}</Foreign>
        </code>{' '}
        {one.timezone}
        {(one.paused || !one.enabled) && <span className="tag">{one.enabled ? 'paused' : 'off'}</span>}
        <div className="sub">
          <Foreign>{one.name}</Foreign>, catchup {one.catchup}, overlap {one.overlap.replace('_', ' ')}
          {one.queued > 0 && `, ${formatNumber(one.queued)} waiting`}
        </div>
        <LastTick claim={one.last} />
        {one.next_fires.length > 0 && (
          <div className="sub">
            Next:{' '}
            {one.next_fires.map((at, i) => (
              <span key={at}>
                {i > 0 && ', '}
                <Time at={at} />
              </span>
            ))}
          </div>
        )}
      </div>
    </li>
  );
}

function TriggerRow({ one }: { one: Trigger }) {
  return (
    <li className="start-row">
      <Icon name={one.kind === 'files' ? 'file' : 'webhook'} />
      <div>
        <code>
          <Foreign>{one.files?.join(', ') ?? one.url ?? one.name}</Foreign>
        </code>
        {!one.enabled && <span className="tag">off</span>}
        <div className="sub">
          <Foreign>{one.name}</Foreign>
          {one.stable_for_ms !== undefined && `, stable for ${formatDuration(one.stable_for_ms)}`}
          {one.authentication && `, by ${one.authentication}`}
          {one.waiting ? `, ${formatNumber(one.waiting)} waiting` : ''}
        </div>
        {one.fault && (
          <div className="sub wrong">
            <Foreign>{one.fault}</Foreign>
          </div>
        )}
        <LastTick claim={one.last} />
      </div>
    </li>
  );
}

function LastTick({ claim }: { claim: Claim | undefined }) {
  if (!claim) return null;
  const skipped = claim.skipped;
  return (
    <div className="sub">
      <StatusIcon status={skipped === undefined ? 'succeeded' : 'skipped'} size="xs" /> Last:{' '}
      <Ago at={claim.at} />
      {skipped !== undefined ? (
        `, started nothing: ${skipReason(skipped)}`
      ) : claim.run !== undefined ? (
        <>
          , <RunLink run={claim.run} />
        </>
      ) : null}
    </div>
  );
}

/** A run is asked for by its number; its page is named by its names. */
function RunLink({ run }: { run: number }) {
  const found = useQuery('/api/v1/runs/{run}/overview', {
    path: { run: String(run) },
    query: { log_lines: 1 },
  });
  const own = found.data?.run;
  if (!own) return <>started run {run}</>;
  return (
    <Link className="linkish" to={href('/runs/:workflow/:name', { workflow: own.workflow, name: own.name })}>
      <Foreign>{own.name}</Foreign>
    </Link>
  );
}
