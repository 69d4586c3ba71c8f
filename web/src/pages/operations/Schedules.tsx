import { useState } from 'react';
import { api, useMay, useQuery, type Schemas } from '@/api';
import { Ago, Button, Card, Confirm, Foreign, Loaded, Status, Time } from '@/components';
import { formatCount } from '@/formats';
import { href, Link } from '@/router';
import { List } from './List';

type Schedule = Schemas['Schedule'];

/** Every schedule, and what the coming day will start. */
export default function Schedules() {
  const schedules = useQuery('/api/v1/schedules', { query: { fires: 20, limit: 1000 } });
  const [turned, turn] = useState<Schedule>();
  const may = useMay('operator');
  return (
    <div className="stack">
      <List
        title="Schedules"
        one="schedule"
        query={schedules}
        rowKey={(one) => one.id}
        columns={[
          {
            id: 'workflow',
            head: 'Workflow',
            isWide: true,
            cell: (one: Schedule) => (
              <Link to={href('/workflows/:name', { name: one.workflow })}>
                <Foreign>{one.workflow}</Foreign>
              </Link>
            ),
          },
          { id: 'name', head: 'Name', cell: (one) => <Foreign>{one.name}</Foreign> },
          {
            id: 'when',
            head: 'When',
            cell: (one) => (
              <>
                <code>
                  <Foreign>{one.expression}</Foreign>
                </code>{' '}
                <span className="ink-3">{one.timezone}</span>
              </>
            ),
          },
          {
            id: 'rules',
            head: 'Rules',
            cell: (one) => (
              <span className="ink-2">
                catchup {one.catchup}, overlap {one.overlap.replace('_', ' ')}
              </span>
            ),
          },
          {
            id: 'next',
            head: 'Next',
            cell: (one) =>
              one.next_fires[0] ? (
                <>
                  <Time at={one.next_fires[0]} />{' '}
                  <span className="ink-3">
                    <Ago at={one.next_fires[0]} />
                  </span>
                </>
              ) : (
                ''
              ),
          },
          {
            id: 'state',
            head: 'Status',
            cell: (one) => (
              <Status
                status={one.paused || !one.enabled ? 'paused' : 'succeeded'}
                word={one.paused ? 'Paused' : one.enabled ? 'On' : 'Off'}
              />
            ),
          },
          ...(may
            ? [
                {
                  id: 'act',
                  head: <span className="visually-hidden">Actions</span>,
                  cell: (one: Schedule) => (
                    <Button small kind="quiet" onClick={() => turn(one)}>
                      {one.paused ? 'Resume…' : 'Pause…'}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
        empty={{
          icon: 'calendar',
          title: 'Nothing starts by the clock',
          text: (
            <>
              A workflow file has schedules: <code>{'schedules: [{name: daily, cron: "0 6 * * *"}]'}</code>
            </>
          ),
        }}
      />
      <Loaded query={schedules}>{(data) => <ComingDay schedules={data.items} />}</Loaded>
      {turned && (
        <Confirm
          title={`${turned.paused ? 'Resume' : 'Pause'} ${turned.name} of ${turned.workflow}`}
          lede={
            turned.paused
              ? 'What fell into the pause is not made up for.'
              : 'It starts nothing until it is resumed.'
          }
          verb={turned.paused ? 'Resume' : 'Pause'}
          act={() =>
            turned.paused
              ? api.post('/api/v1/schedules/{id}/resume', { path: { id: turned.id } })
              : api.post('/api/v1/schedules/{id}/pause', { path: { id: turned.id } })
          }
          onClose={() => turn(undefined)}
          onDone={schedules.reload}
        />
      )}
    </div>
  );
}

const SHOWN = 60;

function ComingDay({ schedules }: { schedules: Schedule[] }) {
  const going = schedules.filter((one) => one.enabled && !one.paused);
  const fires = going
    .flatMap((one) => one.next_fires.map((at) => ({ at, one })))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (fires.length === 0) return null;
  return (
    <Card flush title="What comes" note={`the next ${formatCount(Math.min(SHOWN, fires.length), 'fire')}`}>
      <ul className="rows rows--next">
        {fires.slice(0, SHOWN).map(({ at, one }) => (
          <li key={`${one.id} ${at}`}>
            <Time at={at} />
            <Link to={href('/workflows/:name', { name: one.workflow })}>
              <Foreign>{one.workflow}</Foreign>
            </Link>
            <span className="ink-3">
              <Ago at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
