import { useQuery } from '@/api';
import { Card, Foreign, Loaded, Note, Status } from '@/components';
import { formatDuration, formatNumber, formatShare, visible } from '@/formats';
import { Balance } from './Balance';
import { samplesOf, type Check } from './checks';
import { useRun } from './data';

interface Result {
  state: string;
  path: string;
  task: string;
  status: string;
  duration_ms?: number;
  result?: Record<string, unknown>;
}

/** The result of each data task of this run: rows, checks, examples. */
export default function DataView() {
  const { key, overview } = useRun();
  const results = useQuery('/api/v1/runs/{run}/results', { path: { run: key }, query: { limit: 1000 } });
  const order = (one: Result) => (one.status === 'success' ? 1 : 0);
  return (
    <Loaded query={results} rows={8}>
      {(data) => {
        const items = [...(data.items as unknown as Result[])].sort((a, b) => order(a) - order(b));
        if (items.length === 0)
          return (
            <Note title="No data task has ended yet">
              <p>{overview.run.status === 'running' ? 'The run goes on.' : 'This run has none.'}</p>
            </Note>
          );
        return (
          <div className="stack">
            {items.map((one) => (
              <ResultCard key={one.path} one={one} />
            ))}
          </div>
        );
      }}
    </Loaded>
  );
}

function ResultCard({ one }: { one: Result }) {
  const result = one.result ?? {};
  const checks = (Array.isArray(result['checks']) ? result['checks'] : []) as Check[];
  const rows = result['rows'];
  const message = result['message'];
  const isBad = one.status !== 'success';
  return (
    <Card
      title={<Foreign>{one.path}</Foreign>}
      note={`${one.task}${one.duration_ms === undefined ? '' : `, ${formatDuration(one.duration_ms)}`}`}
      tools={<Status status={isBad ? 'failed' : 'succeeded'} />}
    >
      <div className="stack">
        {typeof message === 'string' && (
          <p>
            <Foreign>{message}</Foreign>
          </p>
        )}
        {typeof rows === 'object' && rows !== null && (
          <Balance rows={rows as Record<string, unknown>} failed={isBad} />
        )}
        <Checks checks={checks} />
        <Places title="Read" items={result['inputs']} />
        <Places title="Written" items={result['outputs']} />
      </div>
    </Card>
  );
}

/** What failed first, with examples; what passed in one line. */
function Checks({ checks }: { checks: Check[] }) {
  const bad = checks.filter((check) => check.status !== 'pass');
  const good = checks.length - bad.length;
  if (checks.length === 0) return null;
  return (
    <div>
      {bad.map((check) => (
        <div key={check.name}>
          <div className={`check ${check.status === 'fail' ? 'is-failed' : 'is-warn'}`}>
            <Status status={check.status} word="" />
            <span>
              <code>{visible(check.name)}</code>{' '}
              <span className="ink-3">{visible(check.message ?? check.reason ?? '')}</span>
            </span>
            <span className="strong">
              {check.status === 'fail' && check.evaluated > 0
                ? formatShare(check.failed, check.evaluated)
                : check.status}
            </span>
          </div>
          <Examples check={check} />
        </div>
      ))}
      {good > 0 && (
        <div className="check is-succeeded">
          <Status status="succeeded" word="" />
          <span>
            {bad.length ? `${formatNumber(good)} other checks passed` : `${formatNumber(good)} checks passed`}
          </span>
        </div>
      )}
    </div>
  );
}

function Examples({ check }: { check: Check }) {
  const { columns, rows } = samplesOf(check, 20);
  if (rows.length === 0) return null;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={`Rows that ${check.name} rejected`}>
      <table className="table table--tight examples">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                <Foreign>{column}</Foreign>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {columns.map((column) => (
                <td key={column} className={column === check.column ? 'is-bad' : undefined}>
                  <Foreign>{row[column] ?? ''}</Foreign>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Places({ title, items }: { title: string; items: unknown }) {
  if (!Array.isArray(items) || items.length === 0) return null;
  const places = items as { uri?: unknown; table?: unknown; rows?: unknown; unchanged?: unknown }[];
  return (
    <p className="ink-2">
      {title}:{' '}
      {places.slice(0, 12).map((place, i) => (
        <span key={i}>
          {i > 0 && ', '}
          <code>
            <Foreign>{nameOf(place.uri ?? place.table)}</Foreign>
          </code>
          {typeof place.rows === 'number' && (
            <span className="ink-3">
              {' '}
              {formatNumber(place.rows)} rows{place.unchanged === true ? ', unchanged' : ''}
            </span>
          )}
        </span>
      ))}
      {places.length > 12 && ` and ${places.length - 12} more`}
    </p>
  );
}

const nameOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
