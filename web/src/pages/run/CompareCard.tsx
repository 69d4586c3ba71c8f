import { useMemo } from 'react';
import { useQuery } from '@/api';
import { Button, Card, Foreign, Loaded, Status, Table, type Column } from '@/components';
import { formatDuration } from '@/formats';
import { href, Link, useSetQuery } from '@/router';
import { compared, type Compared } from './compare';
import { useRun, useStep, type Overview } from './data';

/** This run beside the last one that succeeded. */
export default function CompareCard() {
  const { overview } = useRun();
  const last = overview.version.last_success;
  const setQuery = useSetQuery();
  const other = useQuery(
    '/api/v1/runs/{run}/overview',
    last ? { path: { run: String(last.run) }, query: { log_lines: 1 } } : null,
  );
  if (!last) return null;
  return (
    <Card
      flush
      title="Against the last success"
      note={
        <Link to={href('/runs/:workflow/:name', { workflow: overview.run.workflow, name: last.name })}>
          <Foreign>{last.name}</Foreign>
        </Link>
      }
      tools={
        <Button
          small
          kind="quiet"
          icon="close"
          label="Close the comparison"
          onClick={() => setQuery({ against: undefined })}
        />
      }
      foot={<Definition version={overview.version} />}
    >
      <Loaded query={other}>{(data) => <Rows here={overview.states} there={data.states} />}</Loaded>
    </Card>
  );
}

function Definition({ version }: { version: Overview['version'] }) {
  const last = version.last_success;
  const difference = last?.difference;
  if (!last || last.same || !difference) return <>Both have the same definition.</>;
  const parts = [
    difference.added.length ? `added ${difference.added.join(', ')}` : '',
    difference.removed.length ? `removed ${difference.removed.join(', ')}` : '',
    difference.changed.length
      ? `changed ${difference.changed.map((one) => `${one.state} (${one.fields.join(', ')})`).join(', ')}`
      : '',
    difference.workflow.length ? `changed ${difference.workflow.join(', ')} of the workflow` : '',
  ].filter(Boolean);
  return (
    <>
      Version {last.number} to {version.number}: <Foreign>{parts.join('; ')}</Foreign>
    </>
  );
}

function Rows({ here, there }: { here: Overview['states']; there: Overview['states'] }) {
  const { choose } = useStep();
  const rows = useMemo(() => compared(here, there), [here, there]);
  const parting = rows.find((row) => row.isParting);
  return (
    <>
      <p className="card__foot">
        {parting ? (
          <span>
            They part at <Foreign>{parting.definition_path}</Foreign>.
          </span>
        ) : (
          'Every state ended alike.'
        )}
      </p>
      <Table
        label="This run and the last success"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.definition_path}
        onOpen={(row) => choose(row.definition_path)}
        isChosen={(row) => row.isParting}
        tight
      />
    </>
  );
}

const columns: Column<Compared>[] = [
  { id: 'state', head: 'State', isWide: true, cell: (row) => <Foreign>{row.definition_path}</Foreign> },
  { id: 'here', head: 'This run', cell: (row) => <Status status={row.here} /> },
  { id: 'there', head: 'Last success', cell: (row) => <Status status={row.there} /> },
  {
    id: 'took',
    head: 'Took',
    isNumber: true,
    cell: (row) => (row.tookHere === undefined ? '' : formatDuration(row.tookHere)),
  },
  {
    id: 'before',
    head: 'Took then',
    isNumber: true,
    cell: (row) => (row.tookThere === undefined ? '' : formatDuration(row.tookThere)),
  },
  { id: 'change', head: 'Change', isNumber: true, cell: (row) => <Change row={row} /> },
];

/** By how much; a difference that nobody would notice is none. */
function Change({ row }: { row: Compared }) {
  if (row.tookHere === undefined || row.tookThere === undefined) return null;
  const by = row.tookHere - row.tookThere;
  if (Math.abs(by) < Math.max(5, row.tookThere * 0.05)) return <span className="ink-3">same</span>;
  return (
    <span className={by > 0 ? 'minus' : 'plus'}>
      {by > 0 ? `+${formatDuration(by)}` : formatDuration(by)}
    </span>
  );
}
