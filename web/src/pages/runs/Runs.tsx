import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useMay, useQuery } from '@/api';
import { useKeys } from '@/app/keys';
import { useNow } from '@/app/now';
import { useIsPhone } from '@/app/phone';
import { useTitle } from '@/app/title';
import {
  Button,
  ButtonLink,
  Failed,
  Foreign,
  Icon,
  Loaded,
  Menu,
  Note,
  Table,
  type Column,
  download,
} from '@/components';
import { formatCount, formatNumber, visible } from '@/formats';
import { href, navigate, useQueryValue, useSetQuery, wholeNumber, type Kind } from '@/router';
import { BulkDialog, type Bulk } from './BulkDialog';
import { columnIds, columnNames, columnsOf, standardColumns, whyOf, type ColumnId } from './columns';
import { apiFilter, isEmpty, span, useFilter } from './filter';
import { Filters } from './Filters';
import { Histogram } from './Histogram';
import { RunCards } from './RunCards';
import { useRuns, type RunRow } from './useRuns';
import { Views } from './Views';
import './page.css';

const cols: Kind<ColumnId[]> = {
  parse: (text) => {
    const parts = text.split(',');
    return parts.every((part) => columnIds.includes(part as ColumnId))
      ? columnIds.filter((id) => parts.includes(id))
      : undefined;
  },
  print: (value) => value.join(','),
  expected: `some of ${columnIds.join(', ')}`,
};

const MINUTE = 60_000;

export default function Runs() {
  useTitle('Runs');
  const filter = useFilter();
  const now = Math.floor(useNow(MINUTE) / MINUTE) * MINUTE;
  const asked = useMemo(() => apiFilter(filter, now), [filter, now]);
  const runs = useRuns(asked);
  const [shown, setShown] = useQueryValue('cols', cols, standardColumns);
  const [peek, setPeek] = useQueryValue('peek', wholeNumber, 0);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [bulk, setBulk] = useState<Bulk>();
  const setQuery = useSetQuery();
  const search = useRef<HTMLInputElement>(null);
  const may = useMay('operator');
  const isPhone = useIsPhone();
  useKeys({ f: () => search.current?.focus() });
  const more = useRef(runs.more);
  useEffect(() => {
    more.current = runs.more;
  });
  const onEnd = useCallback(() => more.current(), []);
  const choose = useCallback(
    (run: number) =>
      setChosen((old) => {
        const next = new Set(old);
        if (!next.delete(run)) next.add(run);
        return next;
      }),
    [],
  );
  const onKey = (event: KeyboardEvent) => {
    const at = (event.target as Element).closest('tr')?.dataset['row'];
    const row = at === undefined ? undefined : runs.rows[Number(at)];
    if (!row || (event.target as Element).closest('button, input')) return;
    if (event.key === ' ') setPeek(row.run === peek ? 0 : row.run, { replace: true });
    else if (event.key === 'x') choose(row.run);
    else return;
    event.preventDefault();
  };
  // The rows that stand there are not drawn anew while a filter is asked for.
  const table = useMemo(
    () => (
      <Table
        label="Runs"
        columns={[...(may ? [boxes(chosen, choose)] : []), ...columnsOf(shown)]}
        rows={runs.rows}
        rowKey={(run) => String(run.run)}
        why={(run) => (run.run === peek ? <Peek run={run} /> : whyOf(run))}
        whyUnder="run"
        onOpen={(run) => navigate(href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name }))}
        isChosen={(run) => chosen.has(run.run)}
        onEnd={onEnd}
      />
    ),
    [may, chosen, choose, shown, runs.rows, peek, onEnd],
  );
  return (
    <>
      <div className="head">
        <h1>Runs</h1>
        <div className="head__actions">
          <Menu
            label="Columns"
            className="btn btn--quiet"
            button={
              <>
                <Icon name="columns" />
                Columns
              </>
            }
            items={columnIds.map((id) => ({
              text: columnNames[id],
              isChosen: shown.includes(id),
              act: () =>
                setShown(columnIds.filter((one) => (one === id ? !shown.includes(id) : shown.includes(one)))),
            }))}
          />
          <Menu
            label="Export"
            className="btn btn--quiet"
            button={
              <>
                <Icon name="download" />
                Export
                <Icon name="chev-d" size="sm" />
              </>
            }
            items={[
              { text: 'CSV', act: () => download('/api/v1/runs/export.csv', {}, asked) },
              { text: 'JSON lines', act: () => download('/api/v1/runs/export.jsonl', {}, asked) },
            ]}
          />
        </div>
      </div>
      <Views />
      {isPhone ? (
        <details className="filter-sheet">
          <summary>{isEmpty(filter) ? 'Filter' : 'Filter: some runs only'}</summary>
          <Filters filter={filter} search={search} />
        </details>
      ) : (
        <Filters filter={filter} search={search} />
      )}
      <section className="card card--flush" aria-label="Runs" onKeyDown={onKey}>
        {!isPhone && (
          <Histogram filter={asked} onChoose={(value) => setQuery({ start: span.print(value) })} />
        )}
        {runs.fresh > 0 && (
          <button type="button" className="fresh-row" onClick={runs.renew}>
            {formatNumber(runs.fresh)} new
          </button>
        )}
        <Loaded query={runs.first} rows={10}>
          {() =>
            runs.rows.length === 0 ? (
              <Nothing isFiltered={!isEmpty(filter)} />
            ) : isPhone ? (
              <RunCards rows={runs.rows} onMore={runs.hasMore ? runs.more : undefined} />
            ) : (
              table
            )
          }
        </Loaded>
        {runs.error && <Failed error={runs.error} retry={runs.more} />}
        <div className="card__foot">
          <span>
            {formatCount(runs.rows.length, 'run')}
            {runs.hasMore ? ', and more below' : ''}, newest first
          </span>
          <span className="key-hint wide-only">
            <kbd className="kbd">J</kbd> <kbd className="kbd">K</kbd> move, <kbd className="kbd">Space</kbd>{' '}
            peek, <kbd className="kbd">X</kbd> choose, <kbd className="kbd">Enter</kbd> open
          </span>
        </div>
      </section>
      {may && chosen.size > 0 && (
        <BulkBar
          rows={runs.rows}
          chosen={chosen}
          clear={() => setChosen(new Set())}
          act={(verb, all) => setBulk({ verb, filter: asked, ...(all ? {} : { runs: [...chosen] }) })}
        />
      )}
      {bulk && (
        <BulkDialog
          bulk={bulk}
          onClose={() => setBulk(undefined)}
          onDone={() => {
            setChosen(new Set());
            runs.renew();
          }}
        />
      )}
    </>
  );
}

const boxes = (chosen: ReadonlySet<number>, choose: (run: number) => void): Column<RunRow> => ({
  id: 'box',
  head: <span className="visually-hidden">Chosen</span>,
  cell: (run) => (
    <input
      type="checkbox"
      aria-label={`Choose ${visible(run.name)}`}
      checked={chosen.has(run.run)}
      onChange={() => choose(run.run)}
    />
  ),
});

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (!isFiltered) {
    return (
      <Note icon="runs" title="No run yet">
        <p>
          Start one: <code>stepwell run FILE</code>, or from the page of a workflow.
        </p>
      </Note>
    );
  }
  return (
    <Note
      icon="search"
      title="Nothing matches"
      actions={<ButtonLink to="/runs">Drop all filters</ButtonLink>}
    >
      <p>No run fits all of the filters above.</p>
    </Note>
  );
}

/** What failed, why, and two lines of its log, without leaving the list. */
function Peek({ run }: { run: RunRow }): ReactNode {
  const overview = useQuery('/api/v1/runs/{run}/failure', {
    path: { run: String(run.run) },
    query: { log_lines: 2 },
  });
  const failure = overview.data?.failure;
  return (
    <div className="peek__body">
      <div>
        {failure ? (
          <p>
            <b className="strong">
              <Foreign>{failure.state}</Foreign> failed
            </b>{' '}
            <Foreign>{failure.path}</Foreign>: <Foreign>{failure.message}</Foreign>
          </p>
        ) : (
          <p>{whyOf(run) ?? 'Nothing of it has failed.'}</p>
        )}
      </div>
      <div className="log log--bare log--lines">
        {(overview.data?.log?.lines ?? []).map((line, i) => (
          <div key={i}>
            <span className="no">{(overview.data?.log?.first ?? 1) + i}</span>
            <span className="tx bidi">{visible(line)}</span>
          </div>
        ))}
      </div>
      <ButtonLink to={href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name })}>
        Open run
      </ButtonLink>
    </div>
  );
}

interface BulkBarProps {
  rows: readonly RunRow[];
  chosen: ReadonlySet<number>;
  clear: () => void;
  act: (verb: Bulk['verb'], all: boolean) => void;
}

function BulkBar({ rows, chosen, clear, act }: BulkBarProps) {
  const own = rows.filter((row) => chosen.has(row.run));
  const open = own.filter((row) => row.status === 'running').length;
  const bad = own.filter((row) => row.status !== 'running' && row.status !== 'succeeded').length;
  const workflows = new Set(own.map((row) => row.workflow)).size;
  return (
    <div className="bulkbar" role="toolbar" aria-label="Chosen runs">
      <span>
        <b className="strong">{formatNumber(chosen.size)} chosen</b>{' '}
        <span className="ink-3">{formatCount(workflows, 'workflow')}</span>
      </span>
      <span className="rule" />
      <Button
        kind="quiet"
        icon="redrive"
        impossible={bad ? undefined : 'None of them has ended badly'}
        onClick={() => act('redrive', false)}
      >
        Redrive {formatNumber(bad)}…
      </Button>
      <Button
        kind="quiet"
        icon="stop"
        impossible={open ? undefined : 'None of them is running'}
        onClick={() => act('stop', false)}
      >
        Stop {formatNumber(open)}…
      </Button>
      <Menu
        label="All that match"
        className="btn btn--quiet"
        button={
          <>
            All that match
            <Icon name="chev-d" size="sm" />
          </>
        }
        items={[
          { text: 'Redrive all that match…', act: () => act('redrive', true) },
          { text: 'Stop all that match…', isDanger: true, act: () => act('stop', true) },
        ]}
      />
      <Button kind="quiet" small icon="close" label="Clear the choice" onClick={clear} />
    </div>
  );
}
