import { useMemo, useState, type CSSProperties } from 'react';
import { Foreign } from '../Foreign';
import { Icon } from '../Icon';
import { StatusIcon } from '../Status';
import { px } from '../px';
import { formatDuration } from '@/formats';
import { statuses, statusOf } from '@/status/status';
import { rowsOf, ticksOf, treeOf, type Bar, type Row, type StateEntry } from './model';

interface TimelineProps {
  states: readonly StateEntry[];
  start: number;
  /** The end of the run; while it goes on, now. */
  end: number;
  isLive: boolean;
  status: string;
  /** p50 of each state, by its place in the definition. */
  usual: ReadonlyMap<string, number>;
  /** The row of this path is the chosen one. */
  chosen: string | undefined;
  onChoose: (path: string) => void;
  notReached: readonly string[];
}

const OPEN_ITEMS_MAX = 12;

/** A row a state, nested as the graph; items of a Map are one row each until they are unfolded. */
export function Timeline(props: TimelineProps) {
  const { states, start, end, chosen, notReached } = props;
  const [turned, setTurned] = useState<ReadonlyMap<string, boolean>>(new Map());
  const tree = useMemo(() => treeOf(states), [states]);
  const rows = useMemo(() => {
    const isOpen = (key: string, node: { isItem: boolean; status: string }) => {
      const by = turned.get(key);
      if (by !== undefined) return by;
      if (chosen !== undefined && chosen.startsWith(`${key} / `)) return true;
      return !node.isItem || node.status === 'failed';
    };
    return rowsOf(tree, { start, end, isOpen });
  }, [tree, start, end, turned, chosen]);
  const span = Math.max(1, end - start) * 1.02;
  const { step, at } = ticksOf(span);
  const tick = px((step / span) * 100, '%');
  const toggle = (row: Row) => setTurned((old) => new Map(old).set(row.key, !row.isOpen));
  const ratio = (end - start) / span;
  return (
    <div className="timeline-scroll">
      <div className="timeline">
        <div className="tl-axis" aria-hidden="true">
          <div />
          <div>
            {at.map((ms) => (
              <span key={ms} style={{ left: px((ms / span) * 100, '%') }}>
                {ms === 0 ? '0 s' : axisText(ms, step)}
              </span>
            ))}
          </div>
          <div />
        </div>
        <div role="treegrid" aria-label="Timeline">
          {shownRows(rows).map((row) => (
            <TimelineRow
              key={row.key}
              row={row}
              span={span}
              tick={tick}
              props={props}
              toggle={() => toggle(row)}
            />
          ))}
          {notReached.length > 0 && (
            <div className="tl-row is-not-reached" role="row">
              <div className="tl-name" role="rowheader">
                <StatusIcon status="not_reached" />
                <span className="ellipsis">
                  {notReached.length === 1 ? '1 more state' : `${notReached.length} more states`}
                </span>
              </div>
              <div className="tl-track" role="gridcell">
                <span className="tl-note ellipsis" title={notReached.join(', ')}>
                  not reached: <Foreign>{notReached.join(', ')}</Foreign>
                </span>
              </div>
              <div className="tl-dur" role="gridcell" />
            </div>
          )}
        </div>
        <div
          className={props.isLive ? 'tl-now' : `tl-end ${statuses[statusOf(props.status)].tone}`}
          style={{ left: `calc(232px + (100% - 306px) * ${ratio.toFixed(4)})` }}
        />
      </div>
    </div>
  );
}

/** Of a Map with many items, the first ones and those that are not well. */
function shownRows(rows: Row[]): Row[] {
  const seen = new Map<string, number>();
  return rows.filter((row) => {
    if (row.path !== undefined || !/\[\d+\]$/.test(row.key)) return true;
    const lane = row.key.replace(/\[\d+\]$/, '');
    const count = (seen.get(lane) ?? 0) + 1;
    seen.set(lane, count);
    return count <= OPEN_ITEMS_MAX || row.status !== 'succeeded';
  });
}

function axisText(ms: number, step: number): string {
  if (step < 1000) return formatDuration(ms);
  if (step < 60_000) return ms < 60_000 ? String(ms / 1000) : formatDuration(ms);
  return formatDuration(ms).replace(/ 00 [sm]$/, '');
}

interface RowProps {
  row: Row;
  span: number;
  tick: string;
  props: TimelineProps;
  toggle: () => void;
}

function TimelineRow({ row, span, tick, props, toggle }: RowProps) {
  const isChosen = row.path !== undefined && row.path === props.chosen;
  const usual = row.definition_path === undefined ? undefined : props.usual.get(row.definition_path);
  const share = (ms: number) => px((ms / span) * 100, '%');
  const choose = () => (row.path === undefined ? toggle() : props.onChoose(row.path));
  return (
    <div
      className={`tl-row ${statuses[statusOf(row.status)].tone}${isChosen ? ' is-chosen' : ''}`}
      role="row"
      aria-level={row.depth + 1}
      aria-selected={isChosen}
      aria-expanded={row.canFold ? row.isOpen : undefined}
    >
      <div className="tl-name" role="rowheader" style={{ '--depth': row.depth } as CSSProperties}>
        {row.canFold && (
          <button
            type="button"
            className="tl-fold"
            aria-label={row.isOpen ? 'Fold' : 'Unfold'}
            onClick={toggle}
          >
            <Icon name={row.isOpen ? 'chev-d' : 'chev-r'} size="xs" />
          </button>
        )}
        <StatusIcon status={row.status} />
        <button type="button" className="ellipsis" title={row.label} onClick={choose}>
          <Foreign>{row.label}</Foreign>
        </button>
        {row.note && <small>{row.note}</small>}
      </div>
      <div className="tl-track" role="gridcell" style={{ '--tick': tick } as CSSProperties}>
        {row.bars.map((bar, i) => (
          <BarView
            key={i}
            bar={bar}
            left={share(bar.from)}
            width={share(bar.to - bar.from)}
            room={(bar.to - bar.from) / span}
          />
        ))}
        {usual !== undefined && row.path !== undefined && row.from + usual < span && (
          <i
            className="tl-usual"
            style={{ left: share(row.from + usual) }}
            title={`usual end, ${formatDuration(usual)}`}
          />
        )}
      </div>
      <div className="tl-dur" role="gridcell">
        {formatDuration(row.duration)}
      </div>
    </div>
  );
}

const barClass: Record<Bar['kind'], string> = {
  ran: '',
  queued: ' tl-bar--queued',
  backoff: ' tl-bar--backoff',
  lane: ' tl-bar--thin',
  waiting: ' tl-bar--waiting',
};

/** A label is drawn whole or not at all: about six pixels a letter, of a track of some 560. */
function BarView({ bar, left, width, room }: { bar: Bar; left: string; width: string; room: number }) {
  const fits = room * 560 > bar.label.length * 6 + 10;
  return (
    <i
      className={`tl-bar${barClass[bar.kind]} ${statuses[statusOf(bar.status)].tone}`}
      style={{ left, width }}
      title={`${bar.label || 'whole'} ${formatDuration(bar.to - bar.from)}`}
    >
      {fits &&
        bar.kind !== 'lane' &&
        bar.kind !== 'queued' &&
        (bar.kind === 'backoff' ? <span>{bar.label}</span> : bar.label)}
    </i>
  );
}
