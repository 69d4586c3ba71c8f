import { useMemo, useState } from 'react';
import { useLive, useMay, useQuery, type Schemas } from '@/api';
import { useTitle } from '@/app/title';
import {
  Ago,
  Button,
  Card,
  type Column,
  Foreign,
  Loaded,
  Note,
  SearchField,
  Status,
  StatusIcon,
  Table,
  Time,
} from '@/components';
import { formatCount, formatDuration, formatNumber, formatPercent } from '@/formats';
import { anyText, href, Link, navigate, oneOf, useQueryValue } from '@/router';
import { severity, statuses, statusOf } from '@/status/status';
import { PauseSwitch } from './PauseSwitch';
import { StartDialog } from './StartDialog';
import './page.css';

type Figures = Schemas['WorkflowFigures']['items'][number];
type Workflow = Schemas['Workflow'];
type File = Schemas['WorkflowFile'];

interface Row {
  workflow: Workflow;
  figures: Figures | undefined;
}

const LAST = 30;
const sorts = oneOf('name', 'status', 'next');

export default function Workflows() {
  useTitle('Workflows');
  const [q, setQ] = useQueryValue('q', anyText, '');
  const [sort, setSort] = useQueryValue<'name' | 'status' | 'next'>('sort', sorts, 'status');
  const [paused, setPaused] = useQueryValue<'all' | 'yes' | 'no'>('paused', oneOf('all', 'yes', 'no'), 'all');
  const workflows = useQuery('/api/v1/workflows', { query: { limit: 1000 } });
  const figures = useQuery('/api/v1/workflow-figures', { query: { last: LAST, limit: 1000 } });
  const files = useQuery('/api/v1/workflow-files', { query: { limit: 1000 } });
  const reload = () => {
    workflows.reload();
    figures.reload();
    files.reload();
  };
  useLive(reload, figures.data?.as_of);
  const rows = useMemo(() => {
    const byName = new Map(figures.data?.items.map((one) => [one.workflow, one]));
    const all = (workflows.data?.items ?? []).map((workflow): Row => ({
      workflow,
      figures: byName.get(workflow.name),
    }));
    const wanted = q.toLowerCase();
    return all
      .filter(
        (row) =>
          !wanted ||
          row.workflow.name.toLowerCase().includes(wanted) ||
          (row.workflow.description ?? '').toLowerCase().includes(wanted),
      )
      .filter((row) => paused === 'all' || (row.figures?.paused ?? false) === (paused === 'yes'))
      .sort((a, b) => compare(a, b, sort));
  }, [workflows.data, figures.data, q, paused, sort]);
  const faulty = (files.data?.items ?? []).filter((file) => file.status === 'faulty');
  const [start, setStart] = useState<string>();
  const may = useMay('operator');
  return (
    <>
      <div className="head">
        <h1>Workflows</h1>
      </div>
      {faulty.length > 0 && <Faulty files={faulty} workflows={workflows.data?.items ?? []} />}
      <div className="filters" role="search" aria-label="Filter workflows">
        <SearchField
          label="Name or description"
          value={q}
          onChange={(text) => setQ(text, { replace: true })}
        />
        {(['all', 'no', 'yes'] as const).map((one) => (
          <Button key={one} small kind="quiet" aria-pressed={paused === one} onClick={() => setPaused(one)}>
            {one === 'all' ? 'All' : one === 'no' ? 'Going' : 'Paused'}
          </Button>
        ))}
        <span className="sorts">
          Sorted by{' '}
          {(['status', 'name', 'next'] as const).map((one) => (
            <Button key={one} small kind="quiet" aria-pressed={sort === one} onClick={() => setSort(one)}>
              {one === 'next' ? 'next fire' : one}
            </Button>
          ))}
        </span>
      </div>
      <section className="card card--flush" aria-label="Workflows">
        <Loaded query={workflows} rows={8}>
          {(data) =>
            data.items.length === 0 ? (
              <Note icon="transform" title="No workflow yet">
                <p>
                  Put a file into a folder that the daemon watches:{' '}
                  <code>stepwell serve --workflows DIR</code>.
                </p>
              </Note>
            ) : rows.length === 0 ? (
              <Note
                icon="search"
                title="Nothing matches"
                actions={<Button onClick={() => navigate('/workflows')}>Drop the filters</Button>}
              >
                <p>None of {formatCount(data.items.length, 'workflow')} fits.</p>
              </Note>
            ) : (
              <Table
                label="Workflows"
                columns={columnsOf(may, setStart, reload)}
                rows={rows}
                rowKey={(row) => row.workflow.name}
                onOpen={(row) => navigate(href('/workflows/:name', { name: row.workflow.name }))}
              />
            )
          }
        </Loaded>
      </section>
      {start !== undefined && <StartDialog workflow={start} onClose={() => setStart(undefined)} />}
    </>
  );
}

const lastOf = (row: Row): string => {
  const last = row.figures?.runs.at(-1);
  return last ? last.status : 'not_reached';
};

function compare(a: Row, b: Row, by: 'name' | 'status' | 'next'): number {
  const name = a.workflow.name.localeCompare(b.workflow.name);
  if (by === 'status') return severity(statusOf(lastOf(a))) - severity(statusOf(lastOf(b))) || name;
  const at = (row: Row) => (row.figures?.next_fire ? Date.parse(row.figures.next_fire.at) : Infinity);
  return by === 'next' ? (at(a) === at(b) ? name : at(a) - at(b)) : name;
}

function columnsOf(may: boolean, start: (name: string) => void, changed: () => void): Column<Row>[] {
  return [
    {
      id: 'status',
      head: 'Last run',
      cell: (row) =>
        row.figures?.runs.length ? <Status status={lastOf(row)} /> : <span className="ink-3">none</span>,
    },
    {
      id: 'name',
      head: 'Workflow',
      isWide: true,
      cell: (row) => (
        <span className="wf-name">
          <Link to={href('/workflows/:name', { name: row.workflow.name })}>
            <Foreign>{row.workflow.name}</Foreign>
          </Link>
          {row.workflow.description && (
            <small className="ink-3 ellipsis">
              <Foreign>{row.workflow.description}</Foreign>
            </small>
          )}
        </span>
      ),
    },
    { id: 'strip', head: `Last ${LAST}`, cell: (row) => <Strip row={row} /> },
    { id: 'rate', head: 'Succeeded', isNumber: true, cell: (row) => rateOf(row.figures) },
    {
      id: 'p50',
      head: 'Usually',
      isNumber: true,
      cell: (row) => (row.figures?.duration ? formatDuration(row.figures.duration.p50_ms) : ''),
    },
    {
      id: 'p95',
      head: 'p95',
      isNumber: true,
      cell: (row) => (
        <span className="ink-3">
          {row.figures?.duration ? formatDuration(row.figures.duration.p95_ms) : ''}
        </span>
      ),
    },
    {
      id: 'running',
      head: 'Running',
      isNumber: true,
      cell: (row) =>
        row.figures?.running ? (
          <Link to={href('/runs', {}, { workflow: row.workflow.name, status: 'running' })}>
            {formatNumber(row.figures.running)}
          </Link>
        ) : (
          ''
        ),
    },
    {
      id: 'next',
      head: 'Next fire',
      cell: (row) =>
        row.figures?.next_fire ? (
          <>
            <Time at={row.figures.next_fire.at} />{' '}
            <span className="ink-3">
              <Ago at={row.figures.next_fire.at} />
            </span>
          </>
        ) : (
          ''
        ),
    },
    ...(may
      ? [
          {
            id: 'act',
            head: <span className="visually-hidden">Actions</span>,
            cell: (row: Row) => (
              <span className="filters filters--row">
                <PauseSwitch
                  workflow={row.workflow.name}
                  isPaused={row.figures?.paused ?? false}
                  changed={changed}
                />
                <Button
                  small
                  kind="quiet"
                  icon="again"
                  label={`Start ${row.workflow.name}`}
                  onClick={() => start(row.workflow.name)}
                />
              </span>
            ),
          },
        ]
      : []),
  ];
}

function rateOf(figures: Figures | undefined): string {
  if (!figures) return '';
  const ended = figures.succeeded + figures.failed + figures.aborted;
  return ended ? `${figures.succeeded} of ${ended}` : '';
}

function Strip({ row }: { row: Row }) {
  const runs = row.figures?.runs ?? [];
  const ended = runs.filter((run) => run.status !== 'running');
  const good = ended.filter((run) => run.status === 'succeeded').length;
  const said = runs.length
    ? `${good} of ${ended.length} succeeded${ended.length ? ` (${formatPercent(good, ended.length)})` : ''}`
    : 'no run';
  return (
    <span className="strip" role="img" aria-label={said} title={said}>
      {runs.map((run) => (
        <i key={run.run} className={statuses[statusOf(run.status)].tone} />
      ))}
    </span>
  );
}

/** Files that are not taken as they stand, before anything else. */
function Faulty({ files, workflows }: { files: File[]; workflows: Workflow[] }) {
  return (
    <Card
      flush
      title={formatCount(files.length, 'file with faults', 'files with faults')}
      note="what was there before stays in force"
    >
      <ul className="rows">
        {files.map((file) => {
          const version = workflows.find((one) => one.name === file.workflow)?.version;
          return (
            <li key={file.path} className="faulty">
              <StatusIcon status="failed" />
              <div>
                <code>
                  <Foreign>{file.path}</Foreign>
                </code>
                {file.faults.slice(0, 5).map((fault, i) => (
                  <div key={i} className="sub">
                    {fault.line !== undefined && `${fault.line}:${fault.column ?? 1} `}
                    <Foreign>{fault.message}</Foreign>
                    {fault.hint && (
                      <>
                        ; <Foreign>{fault.hint}</Foreign>
                      </>
                    )}
                  </div>
                ))}
                {file.faults.length > 5 && <div className="sub">and {file.faults.length - 5} more</div>}
              </div>
              <span className="ink-3">
                {version === undefined ? 'not in force' : `version ${version} stays`}
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
