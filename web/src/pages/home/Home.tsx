import { useCallback, useState } from 'react';
import { useLiveReload, useQuery, useUnfinishedReload } from '@/api';
import { useKeys } from '@/app/keys';
import { useNow } from '@/app/now';
import { useZone } from '@/app/settings';
import { useTitle } from '@/app/title';
import { ButtonLink, Loaded, Note, Segmented, Tile } from '@/components';
import { formatNumber, formatTime } from '@/formats';
import { existing } from '@/pages';
import { href, oneOf, useQueryValue, useSetQuery } from '@/router';
import type { StatusName } from '@/status/status';
import { Causes } from './Causes';
import { CustomSpan } from './CustomSpan';
import { Fires } from './Fires';
import { GoingList } from './GoingList';
import { Health } from './Health';
import { Outcomes } from './Outcomes';
import { askedOf, intervalsOf, moment, offered, rangeMs, rangeNames, rangeTitle } from './span';
import { lateNote, tileNote, type Deadline, type Home as HomeAnswer } from './words';
import './page.css';

const ranges = oneOf(...rangeNames);
const tiles = ['failed', 'late', 'running', 'queued', 'waiting', 'succeeded'] as const satisfies StatusName[];
const iso = (ms: number) => new Date(ms).toISOString();

/** Is anything wrong, what runs, what comes. */
export default function Home() {
  useTitle('Home');
  const [range] = useQueryValue('range', ranges, '24h');
  const [from] = useQueryValue('from', moment, 0);
  const [to] = useQueryValue('to', moment, 0);
  const isCustom = from > 0 && to > from;
  const intervals = intervalsOf(isCustom ? to - from : rangeMs(range));
  const home = useQuery('/api/v1/home', {
    query: isCustom ? { from: iso(from), to: iso(to), intervals: intervals.count } : askedOf(range),
  });
  const deadlines = useQuery('/api/v1/deadlines', { query: { limit: 500 } });
  const late = deadlines.data?.items.filter((deadline) => deadline.status === 'late') ?? [];
  const reload = () => {
    home.reload();
    deadlines.reload();
  };
  useLiveReload(reload, home.data?.as_of);
  useUnfinishedReload(home.reload, home.data);
  useTileKeys();
  return (
    <>
      <Head range={isCustom ? undefined : range} span={{ from, to }} />
      <Loaded query={home} rows={8}>
        {(data) =>
          isBlank(data) && late.length === 0 ? (
            <Blank />
          ) : (
            <div className="stack">
              {data.health?.over && <Health health={data.health} />}
              <Tiles home={data} late={late} />
              <div className="cols home__cols">
                <div className="stack">
                  <Causes home={data} interval={intervals.name} />
                  <Outcomes home={data} interval={intervals.name} />
                </div>
                <div className="stack">
                  <GoingList home={data} />
                  <Fires home={data} />
                </div>
              </div>
              {data.health && !data.health.over && <Health health={data.health} />}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

interface HeadProps {
  range: (typeof rangeNames)[number] | undefined;
  span: { from: number; to: number };
}

function Head({ range, span }: HeadProps) {
  const [zone] = useZone();
  const now = useNow(1000);
  const setQuery = useSetQuery();
  const [isAsking, setAsking] = useState(false);
  const start = existing('/workflows');
  return (
    <div className="head home__head">
      <h1>
        {range
          ? rangeTitle(range)
          : `${formatTime(span.from, zone, now)} to ${formatTime(span.to, zone, now)}`}
      </h1>
      <div className="head__actions">
        {range && (
          <span className="ink-3 home__until">
            until now, {formatTime(now, zone, now)} {zone}
          </span>
        )}
        <Segmented
          label="Time range"
          value={range}
          options={[...offered, { value: 'custom' as const, text: 'Custom…' }]}
          onChange={(value) => {
            if (value === 'custom') setAsking(true);
            else
              setQuery({
                range: value === '24h' ? undefined : value,
                from: undefined,
                to: undefined,
                brush: undefined,
              });
          }}
        />
        {start && (
          <ButtonLink to={start} icon="again">
            Start a run…
          </ButtonLink>
        )}
      </div>
      {isAsking && <CustomSpan onClose={() => setAsking(false)} />}
    </div>
  );
}

function Tiles({ home, late }: { home: HomeAnswer; late: readonly Deadline[] }) {
  const [zone] = useZone();
  return (
    <nav className="card card--flush tiles" aria-label="Runs by condition">
      {tiles.map((status, i) => {
        const tile = home.tiles[status];
        const isLate = status === 'late';
        const count = (tile?.count ?? 0) + (isLate ? late.length : 0);
        const figure = formatNumber(count) + (tile?.exact === false ? '+' : '');
        const bars = status === 'failed' || status === 'succeeded' ? halved(tile?.bars ?? []) : undefined;
        return (
          <Tile
            key={status}
            status={status}
            figure={figure}
            note={isLate ? lateNote(late, home, zone) : tileNote(status, home)}
            to={existing(listOf(status, home))}
            {...(bars ? { bars } : {})}
            shortcut={i + 1}
          />
        );
      })}
    </nav>
  );
}

/** The list of a tile's runs: those that ended are of the span, those that go on are all there are. */
function listOf(status: (typeof tiles)[number], home: HomeAnswer): string {
  const span = { start: `${home.from}..${home.to}` };
  if (status === 'failed') return href('/runs', {}, { status: 'failed,timed_out', ...span });
  if (status === 'succeeded') return href('/runs', {}, { status, ...span });
  return href('/runs', {}, { status });
}

/** As many bars as there is room for: two intervals as one. */
function halved(bars: readonly number[]): number[] {
  if (bars.length <= 30) return [...bars];
  return Array.from(
    { length: Math.ceil(bars.length / 2) },
    (_, i) => (bars[2 * i] ?? 0) + (bars[2 * i + 1] ?? 0),
  );
}

function useTileKeys(): void {
  const press = useCallback(
    (n: number) => () => document.querySelector<HTMLElement>(`[data-shortcut="${n}"]`)?.click(),
    [],
  );
  useKeys(Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [String(n), press(n)])));
}

const isBlank = (home: HomeAnswer) =>
  Object.values(home.tiles).every((tile) => tile.count === 0) &&
  home.causes.length === 0 &&
  home.next_fires.length === 0;

/** What would be here, and what to do next. */
function Blank() {
  return (
    <section className="card">
      <Note icon="runs" title="No run yet">
        <p>What runs, what failed and what comes next stands here. To start a first run:</p>
        <pre className="code home__commands">
          {[
            'stepwell validate workflows/hello.yaml',
            'stepwell serve --workflows workflows',
            'stepwell start hello',
          ].map((line) => (
            <div key={line}>{line}</div>
          ))}
        </pre>
      </Note>
    </section>
  );
}
