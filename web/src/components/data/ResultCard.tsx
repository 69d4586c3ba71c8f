import { Card, Foreign, Status } from '@/components';
import { formatDuration, formatNumber, formatShare, visible } from '@/formats';
import { Balance } from './Balance';
import { checksOf, hasFailed, type Check, type Result } from './checks';
import { Examples } from './Examples';

/** What one data task did: rows, checks with examples, steps, files. */
export function ResultCard({ one }: { one: Result }) {
  const result = one.result ?? {};
  const checks = checksOf(one);
  const rows = result['rows'];
  const message = result['message'];
  const isBad = hasFailed(one);
  return (
    <Card
      title={<Foreign>{one.path}</Foreign>}
      note={`${one.task}${one.duration_ms === undefined ? '' : `, ${formatDuration(one.duration_ms)}`}`}
      tools={<Status status={one.status} />}
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
        <Steps steps={result['steps']} />
        <Nodes nodes={result['results']} />
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
          <Examples check={check} most={20} />
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

interface Step {
  step: string;
  in?: number;
  out?: number;
  dropped?: number;
  rejected?: number;
  added?: number;
}

/** What each step of an etl did to the rows. */
function Steps({ steps }: { steps: unknown }) {
  if (!Array.isArray(steps) || steps.length === 0) return null;
  const figure = (n: number | undefined) => (n === undefined ? '' : formatNumber(n));
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Steps">
      <table className="table table--tight table--plain">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" className="num">
              Rows in
            </th>
            <th scope="col" className="num">
              Rows out
            </th>
            <th scope="col" className="num">
              Dropped
            </th>
            <th scope="col" className="num">
              Rejected
            </th>
          </tr>
        </thead>
        <tbody>
          {(steps as Step[]).map((step, i) => (
            <tr key={i}>
              <td>
                <code>
                  <Foreign>{step.step}</Foreign>
                </code>
              </td>
              <td className="num">{figure(step.in)}</td>
              <td className="num">{figure(step.out)}</td>
              <td className="num">{figure(step.dropped)}</td>
              <td className="num">{figure(step.rejected)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Node {
  name?: string;
  unique_id?: string;
  status?: string;
  rows?: number;
  failures?: number;
  ms?: number;
  message?: string | null;
}

const NODES_MAX = 200;

/** Models and tests of a transform: those that failed first. */
function Nodes({ nodes }: { nodes: unknown }) {
  if (!Array.isArray(nodes) || nodes.length === 0) return null;
  const isBad = (node: Node) => !['success', 'pass', 'skipped', undefined].includes(node.status);
  const all = [...(nodes as Node[])].sort((a, b) => Number(isBad(b)) - Number(isBad(a)));
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Models and tests">
      <table className="table table--tight table--plain">
        <thead>
          <tr>
            <th scope="col">Model or test</th>
            <th scope="col">Status</th>
            <th scope="col" className="num">
              Rows
            </th>
            <th scope="col" className="num">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, NODES_MAX).map((node, i) => (
            <tr key={i}>
              <td className="wide">
                <code>
                  <Foreign>{node.name ?? node.unique_id ?? ''}</Foreign>
                </code>
                {node.message && isBad(node) && (
                  <span className="ink-2">
                    {' '}
                    <Foreign>{node.message}</Foreign>
                  </span>
                )}
              </td>
              <td>
                <Status status={nodeStatus(node.status)} />
              </td>
              <td className="num">{node.rows ?? node.failures ?? ''}</td>
              <td className="num">{node.ms === undefined ? '' : formatDuration(node.ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > NODES_MAX && <p className="ink-3">and {formatNumber(all.length - NODES_MAX)} more</p>}
    </div>
  );
}

const nodeStatus = (status: string | undefined): string =>
  status === 'success' ? 'succeeded' : status === 'error' ? 'failed' : (status ?? 'skipped');
