import { useRef, useState } from 'react';
import { useKeys } from '@/app/keys';
import { Ago, ButtonLink, Card, Cause as CauseText, CauseMenu, Foreign, Icon, Note } from '@/components';
import { formatCount, formatNumber } from '@/formats';
import { existing } from '@/pages';
import { href, Link, navigate } from '@/router';
import { conditionNote, conditionWords, type Cause, type Home } from './words';

/** Failures with one fingerprint are one row: how often, how it stands, and its last run. */
export function Causes({ home, interval }: { home: Home; interval: string }) {
  const { causes } = home;
  const [chosen, setChosen] = useState(-1);
  const list = useRef<HTMLUListElement>(null);
  // The link of the row has the focus: Enter opens the last run.
  const move = (by: number) => {
    const next = Math.max(0, Math.min(causes.length - 1, chosen + by));
    setChosen(next);
    list.current?.querySelectorAll<HTMLElement>('.cause__run')[next]?.focus();
  };
  const runOf = (cause: Cause) =>
    existing(href('/runs/:workflow/:name', { workflow: cause.workflow, name: cause.last_run.name }));
  useKeys({ j: () => move(1), k: () => move(-1) });
  const all = existing(href('/runs', {}, { status: 'failed,timed_out', start: `${home.from}..${home.to}` }));
  const runs = home.tiles['failed']?.count ?? 0;
  return (
    <Card
      title="Failures by cause"
      note={causes.length ? `${formatCount(runs, 'run')}, open causes first` : undefined}
      tools={
        all && causes.length ? (
          <ButtonLink kind="quiet" small to={all}>
            All failed runs
          </ButtonLink>
        ) : undefined
      }
      flush
    >
      {causes.length === 0 ? (
        <Note icon="succeeded" title="Nothing failed">
          <p>Runs that fail for the same cause stand here as one row.</p>
        </Note>
      ) : (
        <ul ref={list}>
          <li className="cause cause--head" aria-hidden="true">
            <span>Workflow, state and cause</span>
            <span>
              Each mark {/^[aeiou]/.test(interval) ? 'an' : 'a'} {interval}
            </span>
            <span className="num">Runs</span>
            <span>Condition</span>
            <span>Last run</span>
            <span />
          </li>
          {causes.map((cause, i) => (
            <CauseRow
              key={cause.id}
              cause={cause}
              run={runOf(cause)}
              isChosen={i === chosen}
              start={`${home.from}..${home.to}`}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

const openRun = (to: string | undefined) => to && navigate(to);

interface CauseRowProps {
  cause: Cause;
  run: string | undefined;
  isChosen: boolean;
  start: string;
}

function CauseRow({ cause, run, isChosen, start }: CauseRowProps) {
  const workflow = existing(href('/workflows/:workflow', { workflow: cause.workflow }));
  const isOpen = cause.condition !== 'recovered';
  return (
    <li
      className={`cause${run ? ' home__cause' : ''}${isChosen ? ' is-chosen' : ''}`}
      onClick={(event) => !(event.target as Element).closest('a, .menu') && openRun(run)}
    >
      <div className="home__what">
        <div className="cause__what">
          {workflow ? <Link to={workflow}>{cause.workflow}</Link> : <Foreign>{cause.workflow}</Foreign>}
          <span className="path">
            <Foreign>{cause.definition_path.replaceAll('/', ' / ')}</Foreign>
          </span>
          <span className="narrow ink-3">{formatCount(cause.count, 'run')}</span>
        </div>
        <div className="cause__why">
          <Foreign code>{cause.error}</Foreign>
          <CauseText>{cause.cause || 'no cause was given'}</CauseText>
        </div>
      </div>
      <Marks cause={cause} />
      <div className="num strong">{formatNumber(cause.count)}</div>
      <div>
        <span className={`tag ${isOpen ? 'is-failed' : 'is-succeeded'}`}>
          {!isOpen && <Icon name="succeeded" size="sm" />}
          {conditionWords[cause.condition]}
        </span>
        <div className="home__sub">{conditionNote(cause)}</div>
      </div>
      <div className="home__what">
        {run ? (
          <Link className="linkish home__name cause__run" to={run} title={cause.last_run.name}>
            <Foreign>{cause.last_run.name}</Foreign>
          </Link>
        ) : (
          <span className="home__name" title={cause.last_run.name}>
            <Foreign>{cause.last_run.name}</Foreign>
          </span>
        )}
        <div className="home__sub">
          <Ago at={cause.last_at} />
        </div>
      </div>
      <CauseMenu
        failed={{ ...cause, fingerprint: cause.id }}
        path={cause.definition_path}
        said={cause.message}
        start={start}
      />
    </li>
  );
}

/** Tall red: a failure; short green: runs of the workflow that succeeded; dash: neither. */
function Marks({ cause }: { cause: Cause }) {
  const count = Math.max(1, cause.occurrences.length);
  const step = 196 / count;
  const width = Math.max(1, Math.min(3, step - 1));
  const label = `${formatCount(cause.count, 'failure')} in ${formatNumber(count)} intervals`;
  return (
    <svg width="196" height="20" viewBox="0 0 196 20" role="img" aria-label={label}>
      {cause.occurrences.map((failures, i) => {
        if (failures)
          return <rect key={i} x={i * step} y="1" width={width} height="18" rx=".5" className="f-failed" />;
        if (cause.successes[i])
          return <rect key={i} x={i * step} y="7" width={width} height="6" rx=".5" className="f-quiet" />;
        return <rect key={i} x={i * step} y="9" width={width} height="2" className="f-none" />;
      })}
    </svg>
  );
}
