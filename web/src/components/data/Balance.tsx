import { formatNumber, formatPercent } from '@/formats';
import { isBalanced } from './ledger';

const names: [string, string][] = [
  ['read', 'Read'],
  ['good', 'Good'],
  ['rejected', 'Rejected'],
  ['dropped', 'Dropped'],
  ['inserted', 'Inserted'],
  ['updated', 'Updated'],
  ['deleted', 'Deleted'],
  ['unchanged', 'Unchanged'],
];

/** Where the rows went: figures, a bar, and the equation below it. */
export function Balance({ rows, failed }: { rows: Record<string, unknown>; failed: boolean }) {
  const n = (key: string) => (typeof rows[key] === 'number' ? rows[key] : 0);
  const shown = names.filter(([key]) => n(key) > 0 || key === 'read' || (key === 'good' && 'good' in rows));
  const [read, good, rejected, dropped] = [n('read'), n('good'), n('rejected'), n('dropped')];
  const added = n('added');
  const isWhole = isBalanced(rows);
  return (
    <div className={`balance${failed ? ' is-failed' : ''}`}>
      <dl>
        {shown.map(([key, name]) => (
          <div key={key}>
            <dt>{name}</dt>
            <dd className={key === 'rejected' && n(key) > 0 ? 'wrong' : undefined}>{formatNumber(n(key))}</dd>
          </div>
        ))}
      </dl>
      {read > 0 && (
        <div
          className="balance__bar"
          role="img"
          aria-label={`${formatNumber(good)} good, ${formatNumber(rejected)} rejected`}
        >
          <i className="is-succeeded" style={{ flexGrow: good }} />
          {rejected > 0 && <i className="is-failed balance__rejected" style={{ flexGrow: rejected }} />}
        </div>
      )}
      {read > 0 && (
        <p className="equation">
          {formatNumber(read)} read{added > 0 && ` + ${formatNumber(added)} added`} {isWhole ? '=' : '≠'}{' '}
          {formatNumber(good)} good + {formatNumber(rejected)} rejected
          {dropped > 0 && ` + ${formatNumber(dropped)} dropped`}
          {rejected > 0 && ` (${formatPercent(rejected, read)})`}.
        </p>
      )}
    </div>
  );
}
