import { useQuery } from '@/api';
import { Ago, Card, Foreign, Loaded, px, Status } from '@/components';
import { formatBytes, formatCount, formatNumber } from '@/formats';

/** What takes how much room, against which budget, and what retention has removed. */
export default function Storage() {
  const storage = useQuery('/api/v1/storage');
  const retention = useQuery('/api/v1/retention');
  return (
    <div className="cols cols--two-even">
      <Card flush title="Storage">
        <Loaded query={storage} rows={8}>
          {(data) => {
            const total = data.items.reduce((sum, one) => sum + one.bytes, 0);
            const most = Math.max(1, ...data.items.map((one) => one.bytes));
            const { journal, disk } = data;
            return (
              <>
                <ul className="rows">
                  {[...data.items]
                    .sort((a, b) => b.bytes - a.bytes)
                    .map((one) => (
                      <li key={one.name} className="storage-row">
                        <code>
                          <Foreign>{one.name}</Foreign>
                        </code>
                        <span className="storage-bar" aria-hidden="true">
                          <i style={{ width: px((one.bytes / most) * 100, '%') }} />
                        </span>
                        <span title={`${formatNumber(one.bytes)} bytes, ${formatCount(one.files, 'file')}`}>
                          {formatBytes(one.bytes)}
                          {!one.exact && ' or more'}
                        </span>
                      </li>
                    ))}
                </ul>
                <div className="card__foot">
                  <span>{formatBytes(total)} in all</span>
                  <span>
                    journal {formatBytes(journal.bytes)}
                    {journal.budget_bytes === null
                      ? ', no budget'
                      : ` of ${formatBytes(journal.budget_bytes)}`}
                  </span>
                  <span>
                    <Status
                      status={disk.has_room ? 'succeeded' : 'failed'}
                      word={`${formatBytes(disk.free_bytes)} free`}
                    />
                  </span>
                </div>
              </>
            );
          }}
        </Loaded>
      </Card>
      <Card title="Retention">
        <Loaded query={retention}>
          {(data) => (
            <dl className="facts facts--list">
              <div>
                <dt>Last looked</dt>
                <dd>{data.last_pass ? <Ago at={data.last_pass} /> : 'not yet'}</dd>
              </div>
              <div>
                <dt>Runs removed for their age</dt>
                <dd>{formatNumber(data.removed.age ?? 0)}</dd>
              </div>
              <div>
                <dt>for their number</dt>
                <dd>{formatNumber(data.removed.count ?? 0)}</dd>
              </div>
              <div>
                <dt>for the budget</dt>
                <dd>{formatNumber(data.removed.bytes ?? 0)}</dd>
              </div>
              <div>
                <dt>Freed</dt>
                <dd>{formatBytes(data.removed_bytes)}</dd>
              </div>
              {data.error && (
                <div>
                  <dt>Its last fault</dt>
                  <dd className="wrong">{data.error}</dd>
                </div>
              )}
            </dl>
          )}
        </Loaded>
      </Card>
    </div>
  );
}
