// The chosen step: one scroll of parts; the names above them are anchors, so that find-in-page finds.
import { useEffect, useMemo, type ReactNode } from 'react';
import { Button, CopyButton, Foreign, Icon, Status, StatusIcon, Time } from '@/components';
import { JsonView } from '@/components/json';
import { formatDuration, formatNumber, parseTime } from '@/formats';
import { anyText, useQueryValue } from '@/router';
import { Balance } from '@/components/data';
import { sentenceOf } from './cause';
import { useRun, useStep, type History, type StateRow } from './data';
import { useKeys } from '@/app/keys';
import { definitionAt, iconOf, type State } from '@/components/graph/definition';
import type { Entry } from './history';
import { StagesView } from './StagesView';

export function StepPanel() {
  const { overview, states, history, entries } = useRun();
  const { step, row, choose } = useStep();
  const rows = states.data?.items ?? [];
  const at = row ? rows.indexOf(row) : -1;
  const entry = at >= 0 && entries[at]?.name === row?.state ? entries[at] : undefined;
  const summary = overview.states.find((one) => one.definition_path === (row?.definition_path ?? step));
  const definition = useDefinition(row?.definition_path ?? summary?.definition_path);
  const move = (by: number) => {
    const next = rows[at + by];
    if (next) choose(next.path);
  };
  useKeys({ ArrowUp: () => move(-1), ArrowDown: () => move(1), n: () => nextFailed(rows, at, choose) });
  const name = row?.state ?? summary?.name ?? step;
  const status = row?.status ?? summary?.status ?? 'not_reached';
  return (
    <aside className="card panel panel--scroll" aria-label="Chosen step">
      <div className="panel__head">
        <div className="crumbs">{aroundOf(row?.path ?? step)}</div>
        <div className="panel__title">
          <Icon name={iconOf(row?.type ?? summary?.type ?? '', row?.resource)} />
          <h2>
            <Foreign>{name}</Foreign>
          </h2>
          <Status status={status} pill />
          <span className="tools">
            <Button
              small
              kind="quiet"
              icon="chev-u"
              label="Previous step"
              impossible={at > 0 ? undefined : 'It is the first'}
              onClick={() => move(-1)}
            />
            <Button
              small
              kind="quiet"
              icon="chev-d"
              label="Next step"
              impossible={at >= 0 && at < rows.length - 1 ? undefined : 'It is the last'}
              onClick={() => move(1)}
            />
            <Button small kind="quiet" icon="close" label="Close panel" onClick={() => choose(undefined)} />
          </span>
        </div>
      </div>
      <PartNames row={row} />
      {row ? (
        <Parts row={row} entry={entry} state={definition} entries={entries} history={history} />
      ) : (
        <NotReached usual={summary?.usual?.p50_ms} />
      )}
      {definition && (
        <Section
          id="definition"
          title="Definition"
          note={`version ${overview.version.number}`}
          tools={<CopyButton text={JSON.stringify(definition, null, 2)}>Copy</CopyButton>}
        >
          <JsonView text={JSON.stringify(definition)} label="Definition" />
        </Section>
      )}
    </aside>
  );
}

function NotReached({ usual }: { usual: number | undefined }) {
  return (
    <section className="section">
      <p className="ink-2">
        The run has not come here.{usual !== undefined && ` It usually takes ${formatDuration(usual)}.`}
      </p>
    </section>
  );
}

function useDefinition(path: string | undefined): Record<string, unknown> | undefined {
  const { definition: graph } = useRun();
  return useMemo(() => {
    if (!graph.data || path === undefined) return undefined;
    return definitionAt(graph.data.definition, path);
  }, [graph.data, path]);
}

/** `Each month[5] / Validate` stands in `Each month / item 6`. */
function aroundOf(path: string): ReactNode {
  const parts = path.split(/ \/ |\//).slice(0, -1);
  return parts.map((part, i) => {
    const item = /^(.*)\[(\d+)\]$/.exec(part);
    return (
      <span key={i}>
        {i > 0 && '/ '}
        <Foreign>{item?.[1] ?? part}</Foreign>
        {item && `, item ${Number(item[2]) + 1}`}
      </span>
    );
  });
}

const parts = ['result', 'flow', 'attempts', 'definition', 'events'] as const;
const partNames: Record<(typeof parts)[number], string> = {
  result: 'Result',
  flow: 'Input and output',
  attempts: 'Attempts',
  definition: 'Definition',
  events: 'Events',
};

function PartNames({ row }: { row: StateRow | undefined }) {
  const [part, setPart] = useQueryValue('part', anyText, '');
  useEffect(() => {
    if (part) document.getElementById(part)?.scrollIntoView({ block: 'nearest' });
  }, [part]);
  return (
    <nav className="panel__nav" aria-label="Parts of the step">
      {parts
        .filter((one) => row !== undefined || one === 'definition')
        .map((one) => (
          <a
            key={one}
            href={`#${one}`}
            aria-current={one === part ? 'true' : undefined}
            onClick={(event) => {
              event.preventDefault();
              setPart(one, { replace: true });
              document.getElementById(one)?.scrollIntoView({ block: 'start' });
            }}
          >
            {partNames[one]}{' '}
            {one === 'attempts' && row?.attempts && <span className="ink-3">{row.attempts.length}</span>}
          </a>
        ))}
    </nav>
  );
}

function Section({
  id,
  title,
  note,
  tools,
  children,
}: {
  id: string;
  title: string;
  note?: string;
  tools?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section" id={id}>
      <div className="section__head">
        <h3>{title}</h3>
        {note && <small className="ink-3">{note}</small>}
        {tools && <span className="tools">{tools}</span>}
      </div>
      {children}
    </section>
  );
}

interface PartsProps {
  row: StateRow;
  entry: Entry | undefined;
  state: State | undefined;
  entries: readonly Entry[];
  history: History;
}

function Parts({ row, entry, state, entries, history }: PartsProps) {
  const { overview } = useRun();
  const usual = overview.usual.states.find((one) => one.definition_path === row.definition_path)?.duration;
  return (
    <>
      <Section id="result" title="Result">
        <p>
          {row.duration_ms !== undefined && <>Took {formatDuration(row.duration_ms)}</>}
          {usual && <span className="ink-3"> usually {formatDuration(usual.p50_ms)}</span>}
          {row.retries ? <span className="ink-3">, {formatNumber(row.retries)} retries</span> : null}
        </p>
        {row.error && (
          <p>
            <span className="tag tag--code is-failed">
              <Foreign>{row.error}</Foreign>
            </span>{' '}
            <Foreign>{sentenceOf(row.cause)}</Foreign>
          </p>
        )}
        {row.rows && <Balance rows={row.rows} failed={row.status === 'failed'} />}
      </Section>
      <Section id="flow" title="Input and output">
        {entry ? (
          <StagesView entry={entry} row={row} state={state} entries={entries} events={history.events} />
        ) : (
          <p className="ink-3">
            {history.isCut ? 'The run has too many events to read them here.' : 'Its events are read…'}
          </p>
        )}
      </Section>
      {row.attempts && (
        <Section id="attempts" title="Attempts">
          <Attempts row={row} />
        </Section>
      )}
      {entry && (
        <Section id="events" title="Events">
          <ul className="plan">
            {entry.events.map((event) => (
              <li key={event.id}>
                <span className="ink-3">{event.id}</span>
                <code>{event.type}</code>
                <span className="ink-3">
                  {formatDuration(event.timestamp * 1000 - parseTime(overview.run.started_at))}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Attempts({ row }: { row: StateRow }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Attempts">
      <table className="table table--tight table--plain">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Started</th>
            <th scope="col" className="num">
              Queued
            </th>
            <th scope="col" className="num">
              Ran
            </th>
            <th scope="col">Ended</th>
          </tr>
        </thead>
        <tbody>
          {row.attempts?.map((attempt, i) => {
            const begun = attempt.started_at === undefined ? undefined : parseTime(attempt.started_at);
            const end = attempt.ended_at === undefined ? undefined : parseTime(attempt.ended_at);
            return (
              <tr key={i}>
                <td>{i + 1}</td>
                <td>{attempt.started_at ? <Time at={attempt.started_at} /> : ''}</td>
                <td className="num">
                  {begun === undefined ? '' : formatDuration(begun - parseTime(attempt.scheduled_at))}
                </td>
                <td className="num">
                  {begun === undefined || end === undefined ? '' : formatDuration(end - begun)}
                </td>
                <td>
                  <StatusIcon status={attempt.status} />{' '}
                  {attempt.error && (
                    <code>
                      <Foreign>{attempt.error}</Foreign>
                    </code>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function nextFailed(rows: readonly StateRow[], at: number, choose: (path: string) => void): void {
  const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  const next = order.find((row) => row.status === 'failed' && row.type !== 'Map' && row.type !== 'Parallel');
  if (next) choose(next.path);
}
