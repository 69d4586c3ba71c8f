import type { ReactNode } from 'react';
import { Link } from '@/router';
import { statuses, type StatusName } from '@/status/status';
import { Icon } from './Icon';

interface TileProps {
  status: StatusName;
  figure: string;
  title?: string;
  note: ReactNode;
  /** Where its runs are listed; a figure without a list is no link. */
  to?: string | undefined;
  bars?: readonly number[];
  /** The key that presses it, from 1. */
  shortcut?: number;
}

export function Tile({ status, figure, title, note, to, bars, shortcut }: TileProps) {
  const row = statuses[status];
  const isAlarm = status === 'failed' && figure !== '0';
  const content = (
    <>
      <span className="tile__label">
        <Icon name={row.icon} turns={status === 'running' && figure !== '0'} />
        {row.word}
      </span>
      <span className="tile__row">
        <span className="tile__figure" title={title}>
          {figure}
        </span>
        {bars && <Bars values={bars} fill={status === 'failed' ? 'f-failed' : 'f-quiet'} />}
      </span>
      <span className="tile__note">{note}</span>
    </>
  );
  const looks = `tile ${row.tone}${isAlarm ? ' is-alarm' : ''}`;
  if (!to) return <div className={looks}>{content}</div>;
  return (
    <Link
      className={looks}
      to={to}
      data-shortcut={shortcut}
      aria-keyshortcuts={shortcut ? String(shortcut) : undefined}
    >
      {content}
    </Link>
  );
}

/** Bars of the range: decoration of the figure beside them. */
function Bars({ values, fill }: { values: readonly number[]; fill: string }) {
  const most = Math.max(1, ...values);
  const step = 96 / Math.max(1, values.length);
  return (
    <svg className="spark" width="96" height="22" aria-hidden="true">
      {values.map((value, i) => {
        const height = value ? Math.max(2, (value / most) * 22) : 1;
        return (
          <rect
            key={i}
            x={i * step}
            y={22 - height}
            width={Math.max(1, step - 1)}
            height={height}
            className={value ? fill : 'f-none'}
          />
        );
      })}
    </svg>
  );
}
