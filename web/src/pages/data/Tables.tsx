import { useLive, useQuery, type Answer } from '@/api';
import { useTitle } from '@/app/title';
import { Ago, type Column, Foreign, Loaded, Note, SearchField, Status, Table } from '@/components';
import { formatNumber } from '@/formats';
import { anyText, href, Link, navigate, useQueryValue } from '@/router';

type TableList = Answer<'/api/v1/tables', 'get'>['items'][number]['tables'][number];

interface Row extends TableList {
  workflow: string;
}

/** Every table and file that data tasks have written: how old, how many rows, by which run. */
export default function Tables() {
  useTitle('Data');
  const [q, setQ] = useQueryValue('q', anyText, '');
  const tables = useQuery('/api/v1/tables', { query: { limit: 1000 } });
  useLive((events) => {
    if (events.some((event) => event.type === 'reset' || event.type.startsWith('Execution'))) tables.reload();
  }, tables.data?.as_of);
  const all = (tables.data?.items ?? []).flatMap((one) =>
    one.tables.map((table): Row => ({ ...table, workflow: one.workflow })),
  );
  const rows = all.filter(
    (row) =>
      !q ||
      row.uri.toLowerCase().includes(q.toLowerCase()) ||
      row.workflow.toLowerCase().includes(q.toLowerCase()),
  );
  return (
    <>
      <div className="head">
        <h1>Data</h1>
      </div>
      <div className="filters" role="search" aria-label="Filter tables">
        <SearchField
          label="Table, file or workflow"
          value={q}
          onChange={(text) => setQ(text, { replace: true })}
        />
      </div>
      <section className="card card--flush" aria-label="Tables">
        <Loaded query={tables} rows={8}>
          {() =>
            rows.length === 0 ? (
              <Note icon="table" title={all.length ? 'Nothing matches' : 'Nothing is written yet'}>
                <p>
                  {all.length
                    ? 'Drop the filter to see all.'
                    : 'Tables and files stand here as soon as a load, etl, validate or transform has ended.'}
                </p>
              </Note>
            ) : (
              <Table
                label="Tables"
                columns={columns}
                rows={rows}
                rowKey={(row) => `${row.workflow} ${row.uri}`}
                onOpen={(row) => navigate(href('/data/:name', { name: row.workflow }))}
              />
            )
          }
        </Loaded>
      </section>
    </>
  );
}

const columns: Column<Row>[] = [
  {
    id: 'uri',
    head: 'Table or file',
    isWide: true,
    cell: (row) => (
      <code>
        <Foreign>{row.uri}</Foreign>
      </code>
    ),
  },
  {
    id: 'workflow',
    head: 'Workflow',
    cell: (row) => (
      <Link to={href('/data/:name', { name: row.workflow })}>
        <Foreign>{row.workflow}</Foreign>
      </Link>
    ),
  },
  { id: 'written', head: 'Written', cell: (row) => <Ago at={row.at} /> },
  {
    id: 'rows',
    head: 'Rows',
    isNumber: true,
    cell: (row) => (typeof row.rows === 'number' ? formatNumber(row.rows) : ''),
  },
  { id: 'task', head: 'By', cell: (row) => <Foreign>{row.definition_path}</Foreign> },
  { id: 'status', head: 'Its run', cell: (row) => <Status status={row.status} /> },
  {
    id: 'later',
    head: 'Runs since',
    isNumber: true,
    cell: (row) => (row.later_runs ? formatNumber(row.later_runs) : ''),
  },
];
