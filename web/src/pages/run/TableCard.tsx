import { Card, DurationBar, Foreign, Loaded, Status, Table, type Column } from '@/components';
import { formatDuration, formatNumber, parseTime } from '@/formats';
import { statusOf } from '@/status/status';
import { useRun, useStep, type StateRow } from './data';
import { sentenceOf } from './cause';

/** Every entry into a state, in the order in which they came. */
export default function TableCard() {
  const { overview, states } = useRun();
  const { row, choose } = useStep();
  const start = parseTime(overview.run.started_at);
  const usual = new Map(overview.usual.states.map((one) => [one.definition_path, one.duration]));
  const columns: Column<StateRow>[] = [
    { id: 'state', head: 'State', isWide: true, cell: (one) => <Foreign>{one.path}</Foreign> },
    {
      id: 'type',
      head: 'Type',
      cell: (one) => (one.resource ? <Foreign>{one.resource}</Foreign> : one.type),
    },
    { id: 'status', head: 'Status', cell: (one) => <Status status={one.status} /> },
    {
      id: 'after',
      head: 'Started after',
      isNumber: true,
      cell: (one) => formatDuration(parseTime(one.entered_at) - start),
    },
    {
      id: 'bar',
      head: 'Against the usual',
      cell: (one) => {
        const known = usual.get(one.definition_path);
        return one.duration_ms === undefined ? null : (
          <DurationBar
            ms={one.duration_ms}
            p50={known?.p50_ms}
            p95={known?.p95_ms}
            status={statusOf(one.status)}
          />
        );
      },
    },
    {
      id: 'took',
      head: 'Took',
      isNumber: true,
      cell: (one) => (one.duration_ms === undefined ? '' : formatDuration(one.duration_ms)),
    },
    { id: 'attempts', head: 'Attempts', isNumber: true, cell: (one) => one.attempts?.length ?? '' },
    { id: 'read', head: 'Rows read', isNumber: true, cell: (one) => rowsIn(one, 'read') },
    { id: 'rejected', head: 'Rejected', isNumber: true, cell: (one) => rowsIn(one, 'rejected') },
  ];
  return (
    <Card flush title="States" note={`${formatNumber(states.data?.items.length ?? 0)} entries`}>
      <Loaded query={states}>
        {(data) => (
          <Table
            label="States of the run"
            columns={columns}
            rows={data.items}
            rowKey={(one) => `${one.path} ${one.entered_at}`}
            why={(one) =>
              one.error === undefined || one.type === 'Map' || one.type === 'Parallel' ? undefined : (
                <Cause row={one} />
              )
            }
            onOpen={(one) => choose(one.path)}
            isChosen={(one) => one === row}
            tight
          />
        )}
      </Loaded>
    </Card>
  );
}

function Cause({ row }: { row: StateRow }) {
  return (
    <>
      <code>
        <Foreign>{row.error ?? ''}</Foreign>
      </code>
      <Foreign>{sentenceOf(row.cause)}</Foreign>
    </>
  );
}

function rowsIn(row: StateRow, key: string): string {
  const n = row.rows?.[key];
  return typeof n === 'number' ? formatNumber(n) : '';
}
