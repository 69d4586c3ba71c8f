import { useQuery, type Schemas } from '@/api';
import { Ago, Card, Foreign, Loaded, Note, StatusIcon } from '@/components';
import { formatBytes } from '@/formats';
import { anyText, href, Link, useQueryValue } from '@/router';
import { skipReason } from '@/words/starts';
import { List } from './List';

type Trigger = Schemas['Trigger'];

/** File triggers and webhooks, and what each has seen. */
export default function Sensors() {
  const triggers = useQuery('/api/v1/triggers', { query: { limit: 1000 } });
  const [chosen, setChosen] = useQueryValue('trigger', anyText, '');
  return (
    <div className="stack">
      <List
        title="Sensors"
        one="sensor"
        query={triggers}
        rowKey={(one) => one.id}
        why={(one) =>
          one.fault ? (
            <span className="wrong">
              <Foreign>{one.fault}</Foreign>
            </span>
          ) : undefined
        }
        columns={[
          {
            id: 'state',
            head: 'Status',
            cell: (one: Trigger) => (
              <StatusIcon status={one.fault ? 'failed' : one.enabled ? 'succeeded' : 'paused'} />
            ),
          },
          {
            id: 'what',
            head: 'Looks at',
            isWide: true,
            cell: (one) => (
              <code>
                <Foreign>{one.files?.join(', ') ?? one.url ?? one.name}</Foreign>
              </code>
            ),
          },
          {
            id: 'workflow',
            head: 'Starts',
            cell: (one) => (
              <Link to={href('/workflows/:name', { name: one.workflow })}>
                <Foreign>{one.workflow}</Foreign>
              </Link>
            ),
          },
          { id: 'last', head: 'Last', cell: (one) => (one.last ? <Ago at={one.last.at} /> : '') },
          {
            id: 'ledger',
            head: 'Ledger',
            cell: (one) => (
              <button
                type="button"
                className="linkish"
                onClick={() => setChosen(one.id === chosen ? '' : one.id)}
              >
                {one.id === chosen ? 'Close' : 'Open'}
              </button>
            ),
          },
        ]}
        empty={{
          icon: 'file',
          title: 'No sensor looks at anything',
          text: 'A workflow file has them under triggers: files that come, or webhooks.',
        }}
      />
      {chosen && <Ledger id={chosen} />}
    </div>
  );
}

function Ledger({ id }: { id: string }) {
  const ledger = useQuery('/api/v1/triggers/{id}/ledger', { path: { id }, query: { limit: 200 } });
  return (
    <Card flush title="Ledger" note={id}>
      <Loaded query={ledger}>
        {(data) =>
          data.items.length === 0 ? (
            <Note title="It has seen nothing yet" />
          ) : (
            <ul className="rows">
              {data.items.map((one) => (
                <li key={one.key} className="ledger-row">
                  <StatusIcon status={one.skipped === undefined ? 'succeeded' : 'skipped'} />
                  <code>
                    <Foreign>{one.uri ?? one.key}</Foreign>
                  </code>
                  <span className="ink-3">{one.size === undefined ? '' : formatBytes(one.size)}</span>
                  <span>
                    {one.skipped !== undefined
                      ? `ignored: ${skipReason(one.skipped)}`
                      : one.run === undefined
                        ? ''
                        : `run ${one.run}`}
                  </span>
                  <span className="ink-3">
                    <Ago at={one.at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
