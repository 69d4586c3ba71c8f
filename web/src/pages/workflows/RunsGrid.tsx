import { useMemo, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { useLive, useQuery } from '@/api';
import { useZone } from '@/app/settings';
import { Card, Foreign, Icon, Loaded, Note, px, Segmented } from '@/components';
import { iconOf } from '@/components/graph/definition';
import { formatDay, formatDuration, formatPercent, formatTime, parseTime, visible } from '@/formats';
import { href, navigate, oneOf, useQueryValue } from '@/router';
import { statuses, statusOf } from '@/status/status';
import { lookOf, moved, segmentsOf, stepsOf, type Grid, type GridRun } from './grid';

type Last = '30' | '90' | '365';

/** Columns are runs, the newest at the right; rows are states; above, on the same columns, how long each took. */
export function RunsGrid({ workflow }: { workflow: string }) {
  const [last, setLast] = useQueryValue<Last>('last', oneOf('30', '90', '365'), '30');
  const [only, setOnly] = useQueryValue<'all' | 'failed'>('only', oneOf('all', 'failed'), 'all');
  const grid = useQuery('/api/v1/workflows/{workflow}/grid', {
    path: { workflow },
    query: { last: Number(last), ...(only === 'failed' ? { only } : {}) },
  });
  useLive((events) => {
    if (events.some((event) => event.type === 'reset' || event.data['workflow'] === workflow)) grid.reload();
  }, grid.data?.as_of);
  return (
    <Card
      flush
      title="Runs"
      note={`last ${last}, a column a run`}
      tools={
        <>
          <Segmented
            label="How many"
            value={last}
            options={[
              { value: '30', text: 'Last 30' },
              { value: '90', text: '90' },
              { value: '365', text: '365' },
            ]}
            onChange={setLast}
          />
          <Segmented
            label="Which"
            value={only}
            options={[
              { value: 'all', text: 'All' },
              { value: 'failed', text: 'Failed' },
            ]}
            onChange={setOnly}
          />
        </>
      }
      foot={<Legend />}
    >
      <Loaded query={grid} rows={8}>
        {(data) =>
          data.runs.length === 0 ? (
            <Note icon="runs" title={only === 'failed' ? 'None of them failed' : 'No run yet'}>
              <p>{only === 'failed' ? 'Nothing to mend.' : 'Start one with the button above.'}</p>
            </Note>
          ) : (
            <Cells grid={data} />
          )
        }
      </Loaded>
    </Card>
  );
}

const TALL = 132;

function Cells({ grid }: { grid: Grid }) {
  const [zone] = useZone();
  const [at, setAt] = useState({ row: 0, column: grid.runs.length - 1 });
  const box = useRef<HTMLDivElement>(null);
  const steps = useMemo(() => stepsOf(grid), [grid]);
  const longest = Math.max(1, ...grid.runs.map((run) => run.duration_ms ?? 0));
  const columns = { gridTemplateColumns: `repeat(${grid.runs.length}, minmax(0, 28px))` };
  const rows = grid.states.length + 1;
  const open = (run: GridRun, step?: string) =>
    navigate(
      href(
        '/runs/:workflow/:name',
        { workflow: grid.workflow, name: run.name },
        step === undefined ? {} : { step },
      ),
    );
  const onKey = (event: KeyboardEvent) => {
    const run = grid.runs[at.column];
    if (event.key === 'Enter' && run) open(run, grid.states[at.row - 1]?.definition_path);
    const to = moved(at, event.key, rows, grid.runs.length);
    if (!to) return;
    event.preventDefault();
    setAt(to);
    box.current?.querySelector<HTMLElement>(`[data-cell="${to.row}-${to.column}"]`)?.focus();
  };
  const cell = (row: number, column: number, run: GridRun) => {
    const state = grid.states[row - 1];
    const look = state
      ? lookOf(state.cells[column], run)
      : {
          status: run.caught && run.status === 'succeeded' ? 'caught' : run.status,
          isRetried: false,
          title: run.status,
        };
    const ms = state ? state.cells[column]?.duration_ms : run.duration_ms;
    const said = `${visible(run.name)}${state ? `, ${visible(state.name)}` : ''}: ${look.title}${ms === undefined ? '' : `, ${formatDuration(ms)}`}`;
    return (
      <button
        key={column}
        type="button"
        role="gridcell"
        data-cell={`${row}-${column}`}
        tabIndex={at.row === row && at.column === column ? 0 : -1}
        className={`cell ${statuses[statusOf(look.status)].tone}${look.isRetried ? ' cell--retried' : ''}`}
        aria-label={said}
        title={said}
        onClick={() => open(run, state?.definition_path)}
      >
        {marks.has(statusOf(look.status)) && <Icon name={statuses[statusOf(look.status)].icon} size="xs" />}
      </button>
    );
  };
  const days = useMemo(() => dayLabels(grid.runs, zone), [grid.runs, zone]);
  return (
    <div className="scroll-x grid-scroll">
      <div
        className="runs-grid"
        ref={box}
        role="grid"
        aria-label={`States of the last ${grid.runs.length} runs`}
        onKeyDown={onKey}
      >
        <div className="trend__axis">
          <span>Duration by step</span>
          <span>{formatDuration(longest)}</span>
        </div>
        <div className="trend" style={{ height: TALL }}>
          <div className="cells trend__bars" style={columns} aria-hidden="true">
            {grid.runs.map((run, i) => (
              <span
                key={run.run}
                title={`${formatTime(parseTime(run.started_at), zone, Date.parse(grid.runs.at(-1)?.started_at ?? run.started_at))}: ${run.duration_ms === undefined ? 'running' : formatDuration(run.duration_ms)}`}
              >
                {segmentsOf(grid, i, steps)
                  .reverse()
                  .map((segment) => (
                    <i
                      key={segment.definition_path}
                      className={`shade-${segment.shade}`}
                      style={{ height: px((segment.ms / longest) * (TALL - 8)) }}
                    />
                  ))}
              </span>
            ))}
          </div>
          {grid.usual && (
            <i className="trend__usual" style={{ bottom: px((grid.usual.p50_ms / longest) * (TALL - 8)) }} />
          )}
        </div>
        <ul className="trend__legend" role="none">
          {[...steps].reverse().map((step, i) => (
            <li key={step.definition_path} role="none">
              <i className={`shade-${Math.min(6, steps.length - i + 1)}`} />
              <Foreign>{step.name}</Foreign>
            </li>
          ))}
        </ul>
        <div />
        <div className="cells grid-days" style={columns} aria-hidden="true">
          {days.map((day, i) => (
            <span key={i}>{day}</span>
          ))}
        </div>
        <div className="grid-stats grid-stats--head">
          <span>p50</span>
          <span>p95</span>
          <span>share of time</span>
        </div>
        {Array.from({ length: rows }, (_, row) => {
          const state = grid.states[row - 1];
          const usual = state ? state.usual : grid.usual;
          return (
            <div key={row} role="row" className="grid-row">
              <div
                className="grid-name"
                role="rowheader"
                style={{ '--depth': state?.depth ?? 0 } as CSSProperties}
              >
                {state ? (
                  <>
                    <Icon name={iconOf(state.type)} size="sm" />
                    <span className="ellipsis" title={visible(state.name)}>
                      <Foreign>{state.name}</Foreign>
                    </span>
                  </>
                ) : (
                  <b className="strong">Run</b>
                )}
              </div>
              <div className="cells" style={columns}>
                {grid.runs.map((run, column) => cell(row, column, run))}
              </div>
              <div className="grid-stats">
                <span>{usual ? formatDuration(usual.p50_ms) : ''}</span>
                <span
                  className={
                    usual && usual.p95_ms > 3 * usual.p50_ms && usual.p50_ms > 0 ? 'changed' : undefined
                  }
                >
                  {usual ? formatDuration(usual.p95_ms) : ''}
                </span>
                <span>
                  {state && state.share >= 0.01 && (
                    <>
                      <i className="share" style={{ width: px(state.share * 48) }} />{' '}
                      {formatPercent(Math.round(state.share * 100), 100)}
                    </>
                  )}
                </span>
              </div>
            </div>
          );
        })}
        <div />
        <div className="cells grid-versions" style={columns} aria-hidden="true">
          {grid.runs.map((run, i) => {
            const begins = grid.versions.find((version) => version.run === run.run);
            return (
              <span key={run.run}>{begins && (i === 0 ? `version ${begins.number}` : begins.number)}</span>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** The day above the first of its runs, where there is room for it. */
function dayLabels(runs: readonly GridRun[], zone: string): string[] {
  const every = Math.ceil(runs.length / 6);
  let last = '';
  let lastAt = -every;
  return runs.map((run, i) => {
    const day = formatDay(parseTime(run.started_at), zone);
    if (day === last || i - lastAt < every) return '';
    last = day;
    lastAt = i;
    return day;
  });
}

/** What is loud has a glyph. */
const marks = new Set(['failed', 'timed_out', 'stopped', 'caught', 'running', 'queued', 'waiting']);

function Legend() {
  return (
    <>
      <span className="legend">
        <span className="is-succeeded">
          <i className="quiet" />
          succeeded
        </span>
        <span className="is-failed">
          <i />
          failed
        </span>
        <span className="is-stopped">
          <i />
          stopped
        </span>
        <span className="is-caught">
          <i />
          caught
        </span>
        <span>
          <i className="legend--none" />
          not reached
        </span>
        <span>
          <i className="legend--dash" />
          not taken
        </span>
      </span>
      <span className="key-hint wide-only">
        Arrow keys move, <kbd className="kbd">Enter</kbd> opens
      </span>
    </>
  );
}
