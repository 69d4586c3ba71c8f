import { useMemo, useState } from 'react';
import { useJson, useLive, useQuery, urlOf } from '@/api';
import { useTitle } from '@/app/title';
import { Ago, Card, Failed, Foreign, Loaded, Note, Status, StatusIcon } from '@/components';
import {
  checksOf,
  figures,
  hasFailed,
  ledgerOf,
  matrixOf,
  Quarantine,
  ResultCard,
  totalOf,
  type Figure,
  type LedgerRow,
  type MatrixRow,
  type Result,
} from '@/components/data';
import { formatCount, formatNumber, visible } from '@/formats';
import { anyText, href, Link, useQueryValue, useSetQuery, wholeNumber } from '@/router';
import { statusOf, worst } from '@/status/status';
import type { PageProps } from '../page';
import { Trends } from './Trends';
import './page.css';

interface Results {
  items: Result[];
  as_of: string;
}

/** What became of the rows: of each task's latest result, or of one run. */
export default function Data({ params }: PageProps) {
  const workflow = params['name'] ?? '';
  useTitle(`Data of ${workflow}`);
  const [of] = useQueryValue('of', wholeNumber, 0);
  const url = of
    ? urlOf('/api/v1/runs/{run}/results', { run: String(of) }, { limit: 1000 })
    : urlOf('/api/v1/workflows/{workflow}/results', { workflow }, { limit: 1000 });
  const results = useJson<Results>(url);
  useLive((events) => {
    if (events.some((event) => event.type === 'reset' || event.data['workflow'] === workflow))
      results.reload();
  }, results.data?.as_of);
  return (
    <>
      <div className="head">
        <div className="head__main">
          <nav className="crumbs" aria-label="Where this is">
            <Link to="/data">Data</Link>
          </nav>
          <h1>
            <Link to={href('/workflows/:name', { name: workflow })}>
              <Foreign>{workflow}</Foreign>
            </Link>
          </h1>
        </div>
        <div className="head__actions">
          <RunChoice workflow={workflow} of={of} />
        </div>
      </div>
      {results.error && results.data === undefined ? (
        <Failed error={results.error} retry={results.reload} />
      ) : (
        <Loaded query={results} rows={10}>
          {(data) =>
            data.items.length === 0 ? (
              <Note icon="table" title="No data task has ended yet">
                <p>Results of validate, etl, load, transform, refresh and unload stand here.</p>
              </Note>
            ) : (
              <Content workflow={workflow} results={data.items} />
            )
          }
        </Loaded>
      )}
    </>
  );
}

/** The latest result of each task, or those of one of the last runs. */
function RunChoice({ workflow, of }: { workflow: string; of: number }) {
  const setQuery = useSetQuery();
  const runs = useQuery('/api/v1/runs', { query: { workflow: [workflow], limit: 30 } });
  return (
    <label className="field field--row">
      <span>Results of</span>
      <select
        className="input"
        value={of}
        onChange={(event) => setQuery({ of: event.target.value === '0' ? undefined : event.target.value })}
      >
        <option value={0}>each task’s latest run</option>
        {(runs.data?.items ?? []).map((run) => (
          <option key={run.run} value={run.run}>
            {visible(run.name)} ({run.status})
          </option>
        ))}
      </select>
    </label>
  );
}

function Content({ workflow, results }: { workflow: string; results: readonly Result[] }) {
  const [task, setTask] = useQueryValue('task', anyText, '');
  const [item, setItem] = useQueryValue('item', anyText, '');
  const [check] = useQueryValue('check', anyText, '');
  const ledger = useMemo(() => ledgerOf(results), [results]);
  const bad = results.find(hasFailed);
  const chosen =
    results.find((one) => one.path === item) ??
    results.find((one) => one.definition_path === task && one.status !== 'success') ??
    results.find((one) => one.definition_path === task) ??
    bad;
  const judged = results.filter((one) => checksOf(one).length > 0);
  const names = [...new Set(results.map((one) => one.definition_path))];
  return (
    <div className="stack">
      <div className="cols cols--data">
        <Ledger rows={ledger} />
        <Freshness workflow={workflow} />
      </div>
      <div className="filters" role="group" aria-label="Tasks">
        {names.map((name) => {
          const own = results.filter((one) => one.definition_path === name);
          const status = worst(own.map((one) => statusOf(one.status)));
          return (
            <button
              key={name}
              type="button"
              className="btn btn--sm"
              aria-pressed={(chosen?.definition_path ?? '') === name}
              onClick={() => setTask(name)}
            >
              <StatusIcon status={status} size="sm" />
              <Foreign>{name}</Foreign>{' '}
              <span className="ink-3">{own.length > 1 ? formatNumber(own.length) : ''}</span>
            </button>
          );
        })}
      </div>
      {judged.length > 0 && <Matrix results={judged} chosen={chosen} onChoose={setItem} check={check} />}
      {chosen && (
        <div>
          {chosen.later_runs ? (
            <p className="ink-3">{formatCount(chosen.later_runs, 'later run')} did not come here.</p>
          ) : null}
          <ResultCard one={chosen} />
        </div>
      )}
      <Quarantine results={results} />
      <Trends workflow={workflow} />
    </div>
  );
}

const names: Record<Figure, string> = {
  read: 'Read',
  good: 'Good',
  rejected: 'Rejected',
  dropped: 'Dropped',
  inserted: 'Inserted',
  updated: 'Updated',
  unchanged: 'Unchanged',
};

function Ledger({ rows }: { rows: LedgerRow[] }) {
  const total = totalOf(rows);
  const shown = figures.filter(
    (name) => name === 'read' || name === 'good' || name === 'rejected' || total[name] > 0,
  );
  const isWhole = rows.every((row) => row.isBalanced);
  return (
    <Card flush title="Where the rows went">
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Where the rows went">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Item</th>
              {shown.map((name) => (
                <th key={name} scope="col" className="num">
                  {names[name]}
                </th>
              ))}
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <td>
                  <Foreign>{row.label}</Foreign>
                </td>
                {shown.map((name) => (
                  <td key={name} className={`num${name === 'rejected' && row.rejected > 0 ? ' wrong' : ''}`}>
                    {formatNumber(row[name])}
                  </td>
                ))}
                <td>
                  <Status status={row.status} word={visible(row.outcome)} />
                </td>
              </tr>
            ))}
          </tbody>
          {rows.length > 1 && (
            <tfoot>
              <tr>
                <td>{formatCount(rows.length, 'item')}</td>
                {shown.map((name) => (
                  <td key={name} className="num">
                    {formatNumber(total[name])}
                  </td>
                ))}
                <td>
                  <Status
                    status={isWhole ? 'succeeded' : 'warning'}
                    word={isWhole ? 'read = good + rejected' : 'read ≠ good + rejected'}
                  />
                </td>
              </tr>
            </tfoot>
          )}
        </table>
      </div>
    </Card>
  );
}

const SHOWN_MAX = 12;

function Freshness({ workflow }: { workflow: string }) {
  const tables = useQuery('/api/v1/tables', { query: { workflow, limit: 10 } });
  return (
    <Card flush title="Freshness">
      <Loaded query={tables}>
        {(data) => {
          const own = data.items.find((one) => one.workflow === workflow)?.tables ?? [];
          return (
            <ul className="rows">
              {own.slice(0, SHOWN_MAX).map((table) => (
                <li key={table.uri} className="fresh-table">
                  <div>
                    <code>
                      <Foreign>{table.uri}</Foreign>
                    </code>
                    <div className="sub">
                      written <Ago at={table.at} />
                      {table.later_runs > 0 && `; ${formatCount(table.later_runs, 'later run')} did not`}
                    </div>
                  </div>
                  <span className="ink-3">
                    {typeof table.rows === 'number' ? formatCount(table.rows, 'row') : ''}
                  </span>
                </li>
              ))}
              {own.length > SHOWN_MAX && (
                <li className="ink-3">and {formatNumber(own.length - SHOWN_MAX)} more</li>
              )}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}

const said = (row: MatrixRow, cell: MatrixRow['cells'][number]) =>
  `${visible(row.check)}, ${visible(cell.result.path)}: ${cell.status}${cell.failed > 0 ? `, ${formatNumber(cell.failed)}` : ''}`;

interface MatrixProps {
  results: readonly Result[];
  chosen: Result | undefined;
  check: string;
  onChoose: (path: string) => void;
}

/** Checks by items; what failed is loud, and opens its examples. */
function Matrix({ results, chosen, check, onChoose }: MatrixProps) {
  const [isWhole, setWhole] = useState(false);
  const paths = [...new Set(results.map((one) => one.definition_path))];
  const path = chosen && paths.includes(chosen.definition_path) ? chosen.definition_path : paths[0];
  const own = useMemo(() => results.filter((one) => one.definition_path === path), [results, path]);
  const rows = useMemo(() => matrixOf(own, checksOf), [own]);
  const bad = rows.filter((row) => row.cells.some((cell) => cell.status !== 'pass'));
  const shown = isWhole || bad.length === 0 ? rows : bad;
  return (
    <Card
      flush
      title={
        <>
          Checks of <Foreign>{path ?? ''}</Foreign>
        </>
      }
      note={`${formatCount(rows.length, 'check')}, ${formatCount(own.length, 'item')}; cells: rows that fail`}
      tools={
        bad.length > 0 &&
        rows.length > bad.length && (
          <button type="button" className="linkish" onClick={() => setWhole(!isWhole)}>
            {isWhole ? 'Only those that failed' : `${rows.length - bad.length} others passed`}
          </button>
        )
      }
    >
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Checks by items">
        <table className="matrix">
          <tbody>
            {shown.map((row) => (
              <tr key={row.check} className={row.check === check ? 'is-chosen' : undefined}>
                <th scope="row">
                  <code>
                    <Foreign>{row.check}</Foreign>
                  </code>
                </th>
                {row.cells.slice(0, 60).map((cell, i) => (
                  <td key={i}>
                    <button
                      type="button"
                      className={`cell ${cell.status === 'pass' ? 'is-succeeded' : cell.status === 'fail' ? 'is-failed' : 'is-warn'}${cell.result === chosen ? ' is-chosen' : ''}`}
                      title={said(row, cell)}
                      aria-label={said(row, cell)}
                      onClick={() => onChoose(cell.result.path)}
                    >
                      {cell.failed > 0 ? formatNumber(cell.failed) : ''}
                    </button>
                  </td>
                ))}
                <td className="wide" />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
