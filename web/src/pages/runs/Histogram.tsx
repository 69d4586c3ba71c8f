import { useRef, type PointerEvent } from 'react';
import { useQuery } from '@/api';
import { useZone } from '@/app/settings';
import { formatNumber, formatTime } from '@/formats';
import type { ApiFilter, Span } from './filter';

const kinds = [
  { of: ['failed', 'timed_out'], fill: 'f-failed' },
  { of: ['aborted'], fill: 'f-stopped' },
  { of: ['running'], fill: 'f-running' },
  { of: ['succeeded'], fill: 'f-quiet' },
] as const;

const HEIGHT = 44;

/** When the runs of the filter began, by outcome; dragging narrows the time. */
export function Histogram({ filter, onChoose }: { filter: ApiFilter; onChoose: (span: Span) => void }) {
  const found = useQuery('/api/v1/runs/histogram', { query: { ...filter, intervals: 72 } });
  const [zone] = useZone();
  const origin = useRef<number | undefined>(undefined);
  const { data } = found;
  if (!data || data.items.length === 0) return null;
  const begins = data.intervals.map((text) => Date.parse(text));
  const end = Date.parse(data.to);
  const most = Math.max(
    1,
    ...data.items.map((one) => kinds.reduce((sum, kind) => sum + count(one, kind.of), 0)),
  );
  const indexAt = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(
      0,
      Math.min(begins.length - 1, Math.floor(((event.clientX - box.left) / box.width) * begins.length)),
    );
  };
  const choose = (event: PointerEvent<SVGSVGElement>) => {
    const from = origin.current;
    origin.current = undefined;
    if (from === undefined) return;
    const to = indexAt(event);
    const [a, b] = [Math.min(from, to), Math.max(from, to)];
    onChoose({ from: begins[a] ?? 0, to: begins[b + 1] ?? end });
  };
  const step = 1000 / begins.length;
  return (
    <div className="histogram">
      <svg
        className={`chart${found.isStale ? ' is-stale' : ''}`}
        viewBox={`0 0 1000 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${formatNumber(data.count)} runs by when they began`}
        onPointerDown={(event) => {
          if (event.pointerType === 'touch') return;
          event.currentTarget.setPointerCapture(event.pointerId);
          origin.current = indexAt(event);
        }}
        onPointerUp={choose}
      >
        {data.items.map((one, i) => {
          let foot = HEIGHT;
          return kinds.map((kind) => {
            const n = count(one, kind.of);
            if (n === 0) return null;
            const size = Math.max(2, (n / most) * (HEIGHT - 2));
            foot -= size;
            return (
              <rect
                key={`${i}${kind.fill}`}
                className={kind.fill}
                x={i * step + 1}
                y={foot}
                width={Math.max(1, step - 2)}
                height={size}
              >
                <title>{`${formatTime(begins[i] ?? end, zone, end)}: ${formatNumber(n)} ${kind.of[0]}`}</title>
              </rect>
            );
          });
        })}
      </svg>
      <div className="histogram__axis" aria-hidden="true">
        <span>{formatTime(begins[0] ?? end, zone, end)}</span>
        <span>{formatTime(begins[Math.floor(begins.length / 2)] ?? end, zone, end)}</span>
        <span>{formatTime(end, zone, end)}</span>
      </div>
    </div>
  );
}

const count = (one: Record<string, number>, of: readonly string[]) =>
  of.reduce((sum, status) => sum + (one[status] ?? 0), 0);
