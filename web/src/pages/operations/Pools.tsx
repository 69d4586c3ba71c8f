import { useLive, useQuery, type Answer } from '@/api';
import { Ago, Card, Foreign, Loaded, Note, Status } from '@/components';
import { formatCount, formatNumber } from '@/formats';
import { href, Link } from '@/router';

type Pool = Answer<'/api/v1/pools', 'get'>['items'][number];
type Holder = Pool['working'][number];

/** Who holds each slot since when, and who waits for one. */
export default function Pools() {
  const pools = useQuery('/api/v1/pools', { query: { limit: 1000 } });
  const home = useQuery('/api/v1/home', { query: { range: '1h' } });
  useLive(() => pools.reload(), home.data?.as_of);
  return (
    <Loaded query={pools} rows={6}>
      {(data) =>
        data.items.length === 0 ? (
          <Note icon="inbox" title="There are no pools">
            <p>
              A pool limits how many tasks work at once: <code>{'"pools": {"warehouse": 2}'}</code> in the
              configuration, and <code>pool: warehouse</code> in a task.
            </p>
          </Note>
        ) : (
          <div className="stack">
            {data.items.map((pool) => (
              <PoolCard key={pool.name} pool={pool} />
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

function PoolCard({ pool }: { pool: Pool }) {
  const isFull = pool.working.length >= pool.slots;
  return (
    <Card
      flush
      title={<Foreign>{pool.name}</Foreign>}
      note={`${formatNumber(pool.working.length)} of ${formatCount(pool.slots, 'slot')} held`}
      tools={isFull && <Status status="queued" word="Full" />}
    >
      <ul className="rows">
        {pool.working.map((one) => (
          <HolderRow key={`${one.run} ${one.state}`} one={one} status="running" />
        ))}
        {pool.waiting.map((one) => (
          <HolderRow key={`${one.run} ${one.state}`} one={one} status="queued" />
        ))}
        {pool.waiting_count > pool.waiting.length && (
          <li className="ink-3">and {formatNumber(pool.waiting_count - pool.waiting.length)} more wait</li>
        )}
        {pool.working.length + pool.waiting.length === 0 && <li className="ink-3">Nobody holds a slot.</li>}
      </ul>
    </Card>
  );
}

function HolderRow({ one, status }: { one: Holder; status: 'running' | 'queued' }) {
  return (
    <li className="holder-row">
      <Status
        status={status}
        word={
          status === 'running' ? 'Holds' : `Waits${one.place === undefined ? '' : `, number ${one.place}`}`
        }
      />
      <Link to={href('/runs/:workflow/:name', { workflow: one.workflow, name: one.name })}>
        <Foreign>{`${one.workflow} ${one.name}`}</Foreign>
      </Link>
      <span className="ink-2">
        <Foreign>{one.state}</Foreign>
      </span>
      <span className="ink-3">
        <Ago at={one.since} />
      </span>
    </li>
  );
}
