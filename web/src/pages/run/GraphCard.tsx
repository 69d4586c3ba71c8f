import { useMemo, type ReactNode } from 'react';
import { Card, Icon, Loaded } from '@/components';
import { Graph, isMachine, type NodeFacts } from '@/components/graph';
import { formatCount, formatDuration, formatNumber } from '@/formats';
import { severity, statuses, statusOf } from '@/status/status';
import { TravelButton } from './TravelBar';
import { useRun, useStep, type Overview, type StateRow } from './data';

export default function GraphCard() {
  const { overview, states, definition, travel } = useRun();
  const { step, row, choose } = useStep();
  const rows = useMemo(() => states.data?.items ?? [], [states.data]);
  const item = /^.*\[\d+\]/.exec(row?.path ?? '')?.[0];
  const facts = useMemo(() => factsOf(overview, rows, item), [overview, rows, item]);
  const taken = useMemo(() => takenIn(rows), [rows]);
  const chosen = row?.definition_path ?? (step || undefined);
  const onChoose = (path: string) => choose(bestRow(rows, path, item)?.path ?? path);
  const now = overview.run.status === 'running' ? 'as it goes on' : 'as it ended';
  const note = travel ? `as of event ${formatNumber(travel.event.id)}` : now;
  return (
    <Card flush title="Graph" note={note} tools={<TravelButton />}>
      <Loaded query={definition}>
        {(data) =>
          isMachine(data.definition) ? (
            <Graph
              machine={data.definition}
              facts={facts}
              taken={taken}
              chosen={chosen}
              onChoose={onChoose}
              items={(path) => <Items path={path} rows={rows} chosen={item} choose={choose} />}
            />
          ) : (
            <p className="card__foot">The definition is not there any more.</p>
          )
        }
      </Loaded>
    </Card>
  );
}

/** Of the entries into a state, the one of the chosen item, else the most severe. */
function bestRow(rows: readonly StateRow[], path: string, item: string | undefined): StateRow | undefined {
  const own = rows.filter((row) => row.definition_path === path);
  const lane = item?.replace(/\[\d+\]/g, '').replaceAll(' / ', '/');
  const inItem = item === undefined ? undefined : own.findLast((row) => row.path.startsWith(`${item} / `));
  // What the chosen item has not reached is not reached, whatever the others did.
  if (inItem || (lane !== undefined && path.startsWith(`${lane}/`))) return inItem;
  return own.reduce<StateRow | undefined>(
    (worst, row) => (!worst || rank(row) <= rank(worst) ? row : worst),
    undefined,
  );
}

const rank = (row: StateRow) => severity(statusOf(row.status));

function factsOf(
  overview: Overview,
  rows: readonly StateRow[],
  item: string | undefined,
): Map<string, NodeFacts> {
  const facts = new Map<string, NodeFacts>();
  for (const state of overview.states) {
    if (state.status === 'not_reached') {
      facts.set(state.definition_path, {
        sub: state.usual ? `usually ${formatDuration(state.usual.p50_ms)}` : '',
      });
      continue;
    }
    const row = bestRow(rows, state.definition_path, item);
    if (!row && rows.length > 0 && item !== undefined) {
      facts.set(state.definition_path, { sub: usualOf(state) });
      continue;
    }
    const tries = row?.attempts?.length ?? 1;
    facts.set(state.definition_path, {
      status: row?.status ?? state.status,
      sub: row ? subOf(row, state.entered ?? 1) : '',
      ...(tries > 1 ? { attempts: `${tries} attempts` } : {}),
    });
  }
  return facts;
}

/** What does nothing takes no time, and says none. */
const usualOf = (state: Overview['states'][number]) =>
  state.usual && state.usual.p50_ms > 0 ? `usually ${formatDuration(state.usual.p50_ms)}` : '';

function subOf(row: StateRow, entered: number): string {
  const rejected = row.rows?.['rejected'];
  const read = row.rows?.['read'];
  const parts = [
    tookOf(row),
    typeof rejected === 'number' && rejected > 0
      ? `${formatNumber(rejected)} rejected`
      : typeof read === 'number' && read > 0
        ? `${formatNumber(read)} rows`
        : '',
    row.status === 'failed' && !rejected ? (row.error ?? '') : '',
    entered > 1 && row.path === row.definition_path ? `entered ${formatCount(entered, 'time')}` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function tookOf(row: StateRow): string {
  if (row.duration_ms === undefined) return row.status === 'running' ? 'running' : '';
  return row.duration_ms > 0 || row.type === 'Task' ? formatDuration(row.duration_ms) : '';
}

/** The ways that were taken: in each frame, what was entered after what. */
function takenIn(rows: readonly StateRow[]): Set<string> {
  const taken = new Set<string>();
  const last = new Map<number, StateRow>();
  for (const row of rows) {
    const before = last.get(row.frame);
    if (before)
      taken.add(`${before.definition_path}→${row.definition_path}${before.status === 'caught' ? '!' : ''}`);
    last.set(row.frame, row);
  }
  return taken;
}

const CHIPS_MAX = 12;

/** The items of a Map: chips for a few, a strip for many. */
function Items({
  path,
  rows,
  chosen,
  choose,
}: {
  path: string;
  rows: readonly StateRow[];
  chosen: string | undefined;
  choose: (path: string) => void;
}): ReactNode {
  const items = useMemo(() => itemsOf(path, rows), [path, rows]);
  if (items.length === 0) return null;
  if (items.length > CHIPS_MAX) {
    const shown = items.length <= TICKS_MAX ? items : bucketsOf(items);
    return (
      <span className="items" role="group" aria-label={`${items.length} items`}>
        {shown.map((item) => (
          <button
            key={item.prefix}
            type="button"
            className={`items__tick ${statuses[statusOf(item.status)].tone}${item.prefix === chosen ? ' is-chosen' : ''}`}
            title={`Item ${item.index + 1}: ${item.status}`}
            aria-label={`Item ${item.index + 1}, ${item.status}`}
            onClick={() => choose(item.last)}
          />
        ))}
      </span>
    );
  }
  return (
    <span className="items">
      {items.map((item) => (
        <button
          key={item.prefix}
          type="button"
          className={`items__chip ${statuses[statusOf(item.status)].tone}`}
          aria-current={item.prefix === chosen ? 'true' : undefined}
          title={`Item ${item.index + 1}: ${item.status}`}
          onClick={() => choose(item.last)}
        >
          <Icon name={statuses[statusOf(item.status)].icon} size="xs" />
          {item.index + 1}
        </button>
      ))}
    </span>
  );
}

const TICKS_MAX = 50;

/** Of very many items the worst of each stretch. */
function bucketsOf(items: readonly Item[]): Item[] {
  const size = Math.ceil(items.length / TICKS_MAX);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items
      .slice(i * size, (i + 1) * size)
      .reduce((worst, item) =>
        severity(statusOf(item.status)) < severity(statusOf(worst.status)) ? item : worst,
      ),
  );
}

interface Item {
  prefix: string;
  index: number;
  status: string;
  /** The state of it that is worst, or came last. */
  last: string;
}

function itemsOf(path: string, rows: readonly StateRow[]): Item[] {
  const found = new Map<string, Item>();
  for (const row of rows) {
    if (!row.definition_path.startsWith(`${path}/`)) continue;
    const prefix = /^(.*?\[(\d+)\])/.exec(row.path);
    if (!prefix?.[1]) continue;
    const there = found.get(prefix[1]);
    const isWorse = !there || severity(statusOf(row.status)) <= severity(statusOf(there.status));
    found.set(prefix[1], {
      prefix: prefix[1],
      index: Number(prefix[2]),
      status: isWorse ? row.status : there.status,
      last: isWorse ? row.path : there.last,
    });
  }
  return [...found.values()].sort((a, b) => a.index - b.index);
}
