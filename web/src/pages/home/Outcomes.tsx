import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useZone } from '@/app/settings';
import { Button, Card, Time } from '@/components';
import { formatClock, formatCount, formatNumber, formatTime, timeTicks, valueTicks } from '@/formats';
import { existing } from '@/pages';
import { href, Link, useQueryValue, useSetQuery } from '@/router';
import { stretch, type Stretch } from './span';
import type { Home } from './words';

/** From the foot up: failures first, so that they compare. */
const kinds = [
  { name: 'failed', of: ['failed', 'timed_out'], fill: 'f-failed', tone: 'is-failed' },
  { name: 'stopped', of: ['aborted'], fill: 'f-stopped', tone: 'is-stopped' },
  { name: 'running', of: ['running'], fill: 'f-running', tone: 'is-running' },
  { name: 'succeeded', of: ['succeeded'], fill: 'f-quiet', tone: 'is-succeeded' },
] as const;
type Kind = (typeof kinds)[number];

const WIDTH = 944;
const LEFT = 34;
const RIGHT = 938;
const TOP = 8;
const FOOT = 152;

const countOf = (outcome: Record<string, number>, kind: Kind) =>
  kind.of.reduce((sum, status) => sum + (outcome[status] ?? 0), 0);

/** Runs by interval and outcome. Dragging chooses a stretch; so do the arrows, with Shift. */
export function Outcomes({ home, interval }: { home: Home; interval: string }) {
  const [brush, setBrush] = useQueryValue('brush', stretch, null);
  const [isTable, setTable] = useState(false);
  const totals = kinds.map((kind) => home.outcomes.reduce((sum, one) => sum + countOf(one, kind), 0));
  return (
    <Card
      title="Runs by outcome"
      note={`per ${interval}`}
      tools={
        <>
          <span className="legend">
            {kinds.map((kind, i) => (
              <span key={kind.name} className={kind.tone}>
                <i className={kind.name === 'succeeded' ? 'quiet' : undefined} />
                {kind.name} <b>{formatNumber(totals[i] ?? 0)}</b>
              </span>
            ))}
          </span>
          <Button kind="quiet" small aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            {isTable ? 'As chart' : 'As table'}
          </Button>
        </>
      }
      foot={<Chosen home={home} brush={brush} setBrush={setBrush} />}
      flush
      wideOnly
    >
      {isTable ? (
        <AsTable home={home} />
      ) : (
        <Chart home={home} interval={interval} brush={brush} setBrush={setBrush} />
      )}
    </Card>
  );
}

interface ChartProps {
  home: Home;
  interval: string;
  brush: Stretch | null;
  setBrush: (brush: Stretch | null, options?: { replace?: boolean }) => void;
}

function Chart({ home, interval, brush, setBrush }: ChartProps) {
  const [zone] = useZone();
  const begins = home.intervals.map((text) => Date.parse(text));
  const from = Date.parse(home.from);
  const to = Date.parse(home.to);
  const most = Math.max(
    1,
    ...home.outcomes.map((one) => kinds.reduce((sum, kind) => sum + countOf(one, kind), 0)),
  );
  const x = (at: number) => LEFT + ((at - from) / (to - from)) * (RIGHT - LEFT);
  const height = (count: number) => (count / most) * (FOOT - TOP - 8);
  const step = (RIGHT - LEFT) / Math.max(1, begins.length);
  const choose = useBrush({ begins, from, to, brush, setBrush });
  const label = `Runs per ${interval} by outcome: ${kinds.map((kind) => `${formatNumber(home.outcomes.reduce((sum, one) => sum + countOf(one, kind), 0))} ${kind.name}`).join(', ')}`;
  return (
    <div
      className="card__body home__chart"
      role="group"
      tabIndex={0}
      aria-label="Choose a stretch of time: arrows move it, Shift and arrows make it longer, Escape clears it"
      onKeyDown={choose.onKeyDown}
    >
      <svg
        className="chart"
        viewBox={`0 0 ${WIDTH} 176`}
        role="img"
        aria-label={label}
        onPointerDown={choose.onPointerDown}
        onPointerMove={choose.onPointerMove}
        onPointerUp={choose.onPointerUp}
      >
        {valueTicks(most).map((value) => (
          <g key={value}>
            <path
              className={`axis${value ? '' : ' axis--base'}`}
              d={`M${LEFT} ${FOOT - height(value)}H${RIGHT}`}
            />
            <text x={LEFT - 8} y={FOOT - height(value) + 4} textAnchor="end">
              {formatNumber(value)}
            </text>
          </g>
        ))}
        {brush && (
          <rect
            className="brush"
            x={x(brush.from)}
            y="4"
            width={x(brush.to) - x(brush.from)}
            height={FOOT - 4}
          />
        )}
        {home.outcomes.map((outcome, i) => {
          let foot = FOOT;
          return kinds.map((kind) => {
            const count = countOf(outcome, kind);
            if (count === 0) return null;
            const size = Math.max(2, height(count));
            foot -= size;
            return (
              <rect
                key={`${i}-${kind.name}`}
                className={kind.fill}
                x={LEFT + i * step + 1}
                y={foot}
                width={Math.max(1, step - 2.5)}
                height={Math.max(1, size - 0.8)}
              >
                <title>{`${formatClock(begins[i] ?? from, zone)}: ${formatNumber(count)} ${kind.name}`}</title>
              </rect>
            );
          });
        })}
        {brush && <path className="brush-edge" d={`M${x(brush.from)} 4V${FOOT}M${x(brush.to)} 4V${FOOT}`} />}
        {timeTicks(from, to, zone).map((tick) => (
          <g key={tick.at}>
            <path className="axis" d={`M${Math.round(x(tick.at))} ${FOOT}v4`} />
            <text x={x(tick.at)} y="170" textAnchor="middle">
              {tick.text}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}

interface BrushSettings extends Omit<ChartProps, 'home' | 'interval'> {
  begins: number[];
  from: number;
  to: number;
}

/** Whole intervals: a drag from one to another, or the arrows. */
function useBrush({ begins, from, to, brush, setBrush }: BrushSettings) {
  const origin = useRef<number | undefined>(undefined);
  const end = (i: number) => begins[i + 1] ?? to;
  const indexAt = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    const share = (at - LEFT) / (RIGHT - LEFT);
    return Math.max(0, Math.min(begins.length - 1, Math.floor(share * begins.length)));
  };
  const set = (a: number, b: number, options?: { replace?: boolean }) =>
    setBrush({ from: begins[Math.min(a, b)] ?? from, to: end(Math.max(a, b)) }, options);
  return {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      event.currentTarget.setPointerCapture(event.pointerId);
      origin.current = indexAt(event);
      set(origin.current, origin.current);
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      if (origin.current !== undefined) set(origin.current, indexAt(event), { replace: true });
    },
    onPointerUp: () => {
      origin.current = undefined;
    },
    onKeyDown: (event: KeyboardEvent) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === 'Escape' && brush) setBrush(null);
      else if (by !== undefined) {
        const last = begins.length - 1;
        const a = brush
          ? Math.max(
              0,
              begins.findIndex((begin) => begin >= brush.from),
            )
          : last + (by < 0 ? 1 : 0);
        const b = brush
          ? Math.max(
              a,
              begins.findLastIndex((begin) => begin < brush.to),
            )
          : a;
        const keep = (i: number) => Math.max(0, Math.min(last, i));
        set(event.shiftKey ? a : keep(a + by), keep(b + by), { replace: brush !== null });
      } else return;
      event.preventDefault();
    },
  };
}

function Chosen({ home, brush, setBrush }: Omit<ChartProps, 'interval'>) {
  const [zone] = useZone();
  const setQuery = useSetQuery();
  if (!brush) return <span className="home__keys">Drag to choose a stretch of time</span>;
  const inside = home.outcomes.filter((_, i) => {
    const begin = Date.parse(home.intervals[i] ?? home.to);
    return begin >= brush.from && begin < brush.to;
  });
  const [failed = 0, ...others] = kinds.map((kind) =>
    inside.reduce((sum, one) => sum + countOf(one, kind), 0),
  );
  const runs = failed + others.reduce((a, b) => a + b, 0);
  const iso = (ms: number) => new Date(ms).toISOString();
  const list = existing(href('/runs', {}, { start: `${iso(brush.from)}..${iso(brush.to)}` }));
  const now = Date.parse(home.to);
  return (
    <>
      <span>
        {formatTime(brush.from, zone, now)} to {formatTime(brush.to, zone, now)} chosen:{' '}
        {formatCount(runs, 'run')}, {formatNumber(failed)} failed
      </span>
      {list && (
        <Link className="linkish" to={list}>
          Open as list
        </Link>
      )}
      <button
        type="button"
        className="linkish"
        onClick={() =>
          setQuery({ range: undefined, brush: undefined, from: iso(brush.from), to: iso(brush.to) })
        }
      >
        Zoom in
      </button>
      <button type="button" className="linkish" onClick={() => setBrush(null)}>
        Clear
      </button>
    </>
  );
}

function AsTable({ home }: { home: Home }) {
  return (
    <div className="scroll-x home__table" tabIndex={0} role="region" aria-label="Runs by outcome, as a table">
      <table className="table table--tight">
        <thead>
          <tr>
            <th scope="col">From</th>
            {kinds.map((kind) => (
              <th key={kind.name} scope="col" className="num">
                {kind.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {home.outcomes.map((outcome, i) => (
            <tr key={home.intervals[i]}>
              <td>
                <Time at={home.intervals[i] ?? home.from} />
              </td>
              {kinds.map((kind) => (
                <td key={kind.name} className="num">
                  {formatNumber(countOf(outcome, kind))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
