import { useLiveReload, useQuery, type Answer } from '@/api';
import { Card, Elapsed, Foreign, Loaded, Note, Status, StatusIcon, Table, type Column } from '@/components';
import { formatCount, formatDuration, formatNumber } from '@/formats';
import { href, Link } from '@/router';
import { statusNames, statusOf, wordOf } from '@/status/status';
import { useRun } from './data';

type MapRun = Answer<'/api/v1/runs/{run}/map-runs', 'get'>['items'][number];

/** What distributed Maps have ordered: each item is a run of its own, which the run itself does not show. */
export default function MapRuns() {
  const { key } = useRun();
  const mapRuns = useQuery('/api/v1/runs/{run}/map-runs', { path: { run: key }, query: { limit: 100 } });
  useLiveReload(mapRuns.reload, mapRuns.data?.as_of, { every: 2000 });
  const count = mapRuns.data?.items.length ?? 0;
  return (
    <Card flush title="Map runs" note={count ? formatCount(count, 'Map run') : undefined}>
      <Loaded query={mapRuns}>
        {(data) =>
          data.items.length === 0 ? (
            <Note icon="map" title="No Map run yet">
              <p>A distributed Map makes one when it is reached.</p>
            </Note>
          ) : (
            <Table
              label="Map runs"
              columns={columnsFor(data.run)}
              rows={data.items}
              rowKey={(one) => one.id}
              why={(one) => whyOf(one)}
              whyUnder="state"
            />
          )
        }
      </Loaded>
    </Card>
  );
}

function whyOf(one: MapRun) {
  if (one.error === undefined) return undefined;
  return (
    <>
      <Foreign code>{one.error}</Foreign> <Foreign>{one.cause ?? ''}</Foreign>
    </>
  );
}

const columnsFor = (run: number): Column<MapRun>[] => [
  { id: 'status', head: 'Status', cell: (one) => <Status status={one.status} /> },
  { id: 'state', head: 'Map', isWide: true, cell: (one) => <Foreign>{one.state}</Foreign> },
  {
    id: 'items',
    head: 'Items',
    isNumber: true,
    cell: (one) => (one.total === undefined ? '' : formatNumber(one.total)),
  },
  { id: 'counts', head: 'By status', cell: (one) => <Counts of={one} run={run} /> },
  { id: 'tolerated', head: 'May fail', cell: (one) => <span className="ink-2">{toleranceOf(one)}</span> },
  {
    id: 'took',
    head: 'Took',
    isNumber: true,
    cell: (one) =>
      one.duration_ms === undefined ? <Elapsed since={one.started_at} /> : formatDuration(one.duration_ms),
  },
  {
    id: 'runs',
    head: <span className="visually-hidden">Runs of the items</span>,
    cell: () => <Link to={runsOf(run)}>Runs of the items</Link>,
  },
];

/** The runs of its items, in the list of runs. */
const runsOf = (run: number, status?: string) =>
  href('/runs', {}, { by: 'map', parent: String(run), ...(status ? { status } : {}) });

/** What the list of runs can be asked for. */
const listed = ['failed', 'timed_out', 'aborted', 'running', 'succeeded'];

/** How many items are how, the most severe first; a count leads to their runs. */
function Counts({ of, run }: { of: MapRun; run: number }) {
  const known = Object.entries(of.counts).sort(
    ([a], [b]) => statusNames.indexOf(statusOf(a)) - statusNames.indexOf(statusOf(b)),
  );
  return (
    <span className="map-counts">
      {known.map(([status, count]) => {
        const word = `${formatNumber(count)} ${wordOf(status).toLowerCase()}`;
        const query = status === 'aborted' ? 'stopped' : status;
        return (
          <span key={status}>
            <StatusIcon status={status} size="sm" />{' '}
            {listed.includes(status) ? <Link to={runsOf(run, query)}>{word}</Link> : word}
          </span>
        );
      })}
      {of.redrives > 0 && <span className="ink-3">{formatCount(of.redrives, 'redrive')}</span>}
    </span>
  );
}

function toleranceOf(one: MapRun): string {
  if (one.tolerated_percentage > 0) {
    const most = one.total === undefined ? '' : ` of ${formatNumber(one.total)}`;
    return `${one.tolerated_percentage}%${most}`;
  }
  return one.tolerated_count > 0 ? formatCount(one.tolerated_count, 'item') : 'none';
}
