import { Ago, DurationBar, Elapsed, Foreign, Icon, Status, Time, type Column } from '@/components';
import { useNow } from '@/app/now';
import { formatDuration, formatNumber } from '@/formats';
import { href, Link } from '@/router';
import { statusOf } from '@/status/status';
import { originOf } from '@/words/starts';
import { existing } from '@/pages';
import type { RunRow } from './useRuns';

/** What a run is doing, in the page's words: queued and late are told from running. */
export function shownStatus(run: RunRow): string {
  if (run.status === 'running' && run.queued) return 'queued';
  if (run.status === 'running' && run.late) return 'late';
  if (run.status === 'succeeded' && run.caught) return 'caught';
  return run.status;
}

const runLink = (run: RunRow) => href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name });

export const columnIds = [
  'status',
  'run',
  'workflow',
  'version',
  'by',
  'started',
  'ago',
  'usual',
  'duration',
  'read',
  'rejected',
  'ended',
  'queued',
  'redrives',
  'person',
] as const;
export type ColumnId = (typeof columnIds)[number];
/** Up to what the others have in addition. */
export const standardColumns: ColumnId[] = columnIds.slice(0, columnIds.indexOf('ended'));

export const columnNames: Record<ColumnId, string> = {
  status: 'Status',
  run: 'Run',
  workflow: 'Workflow',
  version: 'Version',
  by: 'Started by',
  started: 'Started',
  ago: 'Ago',
  usual: 'Against the usual',
  duration: 'Duration',
  read: 'Rows read',
  rejected: 'Rejected',
  ended: 'Ended',
  queued: 'Queued for',
  redrives: 'Redrives',
  person: 'Asked for by',
};

const cells: Record<ColumnId, (run: RunRow) => React.ReactNode> = {
  status: (run) => <Status status={shownStatus(run)} />,
  run: (run) => (
    <Link className="strong" to={runLink(run)}>
      <Foreign>{run.name}</Foreign>
    </Link>
  ),
  workflow: (run) => {
    const to = existing(href('/workflows/:name', { name: run.workflow }));
    const name = <Foreign>{run.workflow}</Foreign>;
    return to ? <Link to={to}>{name}</Link> : name;
  },
  version: (run) => <span className="ink-3">{run.version}</span>,
  by: (run) => {
    const { icon, word } = originOf(run.origin);
    return (
      <span className="ink-2">
        <Icon name={icon} size="sm" /> {word}
      </span>
    );
  },
  started: (run) => <Time at={run.started_at} />,
  ago: (run) => (
    <span className="ink-3">
      <Ago at={run.started_at} />
    </span>
  ),
  usual: (run) => <Against run={run} />,
  duration: (run) =>
    run.duration_ms === undefined ? <Elapsed since={run.started_at} /> : formatDuration(run.duration_ms),
  read: (run) => (run.rows ? formatNumber(run.rows.read) : ''),
  rejected: (run) =>
    run.rows?.rejected ? <span className="wrong">{formatNumber(run.rows.rejected)}</span> : '',
  ended: (run) => (run.stopped_at ? <Time at={run.stopped_at} /> : ''),
  queued: (run) => (run.queued_for_ms ? formatDuration(run.queued_for_ms) : ''),
  redrives: (run) => run.redrives ?? '',
  person: (run) => (run.started_by ? <Foreign>{run.started_by}</Foreign> : ''),
};

const numbers: ColumnId[] = ['version', 'duration', 'read', 'rejected', 'queued', 'redrives'];

export function columnsOf(ids: readonly ColumnId[]): Column<RunRow>[] {
  return ids.map((id) => ({ id, head: columnNames[id], cell: cells[id], isNumber: numbers.includes(id) }));
}

function Against({ run }: { run: RunRow }) {
  const now = useNow(1000);
  const ms = run.duration_ms ?? Math.max(0, now - Date.parse(run.started_at));
  const isPlain = run.status === 'succeeded';
  return (
    <DurationBar
      ms={ms}
      p50={run.usual?.p50_ms}
      p95={run.usual?.p95_ms}
      {...(isPlain ? {} : { status: statusOf(shownStatus(run)) })}
    />
  );
}

/** The second line of a run that is not well. */
export function whyOf(run: RunRow): React.ReactNode | undefined {
  if (run.queued) {
    const { pool, place, holders } = run.queued;
    return (
      <>
        <b className="strong">{pool ? `Pool ${pool} is full` : 'Its workflow is full'}</b>{' '}
        <span className="ink-2">
          {holders.length > 0 && (
            <>
              held by <Foreign>{holders.map((one) => one.name).join(', ')}</Foreign>;{' '}
            </>
          )}
          number {formatNumber(place)} in line
        </span>
      </>
    );
  }
  if (run.failure) {
    return (
      <>
        <code>
          <Foreign>{run.failure.error}</Foreign>
        </code>{' '}
        <span className="ink-2">
          <Foreign>{run.failure.state}</Foreign>: <Foreign>{run.failure.message || 'no cause'}</Foreign>
          {run.failure.count > 1 && ` and ${formatNumber(run.failure.count - 1)} more`}
        </span>
      </>
    );
  }
  if (run.error && run.status !== 'succeeded') {
    return (
      <code>
        <Foreign>{run.error}</Foreign>
      </code>
    );
  }
  return undefined;
}
