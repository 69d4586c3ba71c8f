// What failed, why, the last lines of its log, and what helps: before any graph.
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api';
import { Ago, Button, CauseMenu, Foreign, Icon } from '@/components';
import { formatCount, formatShare, parseTime, visible } from '@/formats';
import { useSetQuery } from '@/router';
import { wordOf } from '@/status/status';
import { AgainDialog } from './AgainDialog';
import { BadRows, Examples, type Check } from '@/components/data';
import { stepOf, useRun, useStep, type Failure, type Overview, type Plan } from './data';
import { costOf, RedriveDialog } from './RedriveDialog';

export function Banner() {
  const { overview } = useRun();
  const { run, failure } = overview;
  if (run.status === 'running' || run.status === 'succeeded') return null;
  if (!failure.failure) return <Plainly overview={overview} />;
  return <Whole failure={failure.failure} overview={overview} />;
}

/** One that was stopped, or ran out of its own time: no state failed. */
function Plainly({ overview }: { overview: Overview }) {
  const { run } = overview;
  return (
    <section className="banner banner--plain" aria-labelledby="what">
      <div className="banner__head">
        <Icon name={run.status === 'aborted' ? 'stopped' : 'timed-out'} />
        <h2 id="what">{wordOf(run.status)}</h2>
        {run.error && (
          <span className="tag tag--code is-failed">
            <Foreign>{run.error}</Foreign>
          </span>
        )}
        <span className="tools">{run.stopped_at && <Ago at={run.stopped_at} />}</span>
      </div>
    </section>
  );
}

function Whole({ failure, overview }: { failure: Failure; overview: Overview }) {
  const { choose } = useStep();
  const others = overview.failure.count - 1;
  return (
    <section className="banner" aria-labelledby="what">
      <div className="banner__head">
        <Icon name="failed" />
        <h2 id="what">
          <button type="button" className="linkish" onClick={() => choose(failure.path)}>
            <Foreign>{failure.state}</Foreign>
          </button>{' '}
          failed
        </h2>
        {failure.items.length > 0 && (
          <span className="where">
            in{' '}
            {failure.items.map((item) => (
              <span key={item.state}>
                <Foreign>{item.state}</Foreign>, item {item.index + 1}{' '}
              </span>
            ))}
          </span>
        )}
        <span className="tag tag--code is-failed">
          <Foreign>{failure.error}</Foreign>
        </span>
        <span className="tools">
          {others > 0 && `and ${formatCount(others, 'more', 'more')}`}
          {failure.tries > 1 && ` after ${formatCount(failure.tries, 'attempt')}`}
        </span>
        <CauseMenu
          failed={{ workflow: overview.run.workflow, error: failure.error, cause: failure.message }}
          path={failure.path}
        />
      </div>
      <Why failure={failure} />
      <LastLines overview={overview} />
      <WhatNow failure={failure} />
    </section>
  );
}

function Why({ failure }: { failure: Failure }) {
  const checks = (failure.checks ?? []) as unknown as Check[];
  const [check] = checks;
  return (
    <div className="banner__part">
      <h3>Why</h3>
      <p className="banner__cause">
        <Foreign>{failure.message || 'It gave no cause.'}</Foreign>
      </p>
      {check && (
        <>
          <p className="ink-2">
            <code>{visible(check.name)}</code>:{' '}
            {check.message ? <Foreign>{check.message}</Foreign> : formatShare(check.failed, check.evaluated)}
          </p>
          <div className="wide-only">
            <Examples check={check} most={3} plain />
          </div>
          <BadRows check={check} most={3} />
          {checks.length > 1 && (
            <p className="ink-3">and {formatCount(checks.length - 1, 'other check')} that did not pass</p>
          )}
        </>
      )}
    </div>
  );
}

function LastLines({ overview }: { overview: Overview }) {
  const { log } = overview.failure;
  const setQuery = useSetQuery();
  const lines = log?.lines ?? [];
  return (
    <div className="banner__part">
      <h3>Last lines of its log</h3>
      {lines.length === 0 ? (
        <p className="ink-3">It wrote no log.</p>
      ) : (
        <>
          <div className="log log--bare log--lines">
            {lines.map((line, i) => (
              <div key={i} className={log?.error_line === (log?.first ?? 1) + i ? 'is-error' : undefined}>
                <span className="no">{(log?.first ?? 1) + i}</span>
                <span className="tx bidi">{visible(line)}</span>
              </div>
            ))}
          </div>
          <p className="ink-3">
            {formatCount(log?.total ?? lines.length, 'line')} in attempt {log?.attempt ?? 1}.{' '}
            <button type="button" className="linkish" onClick={() => setQuery({ view: 'logs' })}>
              Whole log
            </button>
          </p>
        </>
      )}
    </div>
  );
}

function WhatNow({ failure }: { failure: Failure }) {
  const { plan, overview } = useRun();
  const may = useMay('operator');
  const [asked, ask] = useState<'redrive' | 'again' | 'rows'>();
  const setQuery = useSetQuery();
  const advice = adviceOf(failure, plan);
  const rejected = Number(failure.rows?.['rejected'] ?? 0);
  const showRows = () => setQuery({ view: 'data', task: stepOf(failure.definition_path) });
  return (
    <div className="banner__part">
      <h3>What now</h3>
      {advice && (
        <p className="hint">
          <Icon name="warn" />
          <span>{advice.text}</span>
        </p>
      )}
      <div className="banner__buttons">
        {rejected > 0 && (
          <Button kind={advice?.wouldFail ? 'primary' : 'plain'} icon="table" onClick={showRows}>
            Look at the {formatCount(rejected, 'rejected row')}
          </Button>
        )}
        <span className="not-on-phone">
          {may && (
            <Button icon="again" onClick={() => ask('again')}>
              Run again with changed input…
            </Button>
          )}
          {may && (
            <Button
              icon="redrive"
              kind={advice?.wouldFail || !plan?.redrivable ? 'plain' : 'primary'}
              impossible={plan && !plan.redrivable ? plan.reason : undefined}
              onClick={() => ask('redrive')}
            >
              Redrive…
            </Button>
          )}
        </span>
      </div>
      {plan && <p className="ink-3">{costOf(plan)}</p>}
      {overview.failure.failure?.ended_by && (
        <p className="ink-3">
          The run was ended by <Foreign>{overview.failure.failure.ended_by}</Foreign>.
        </p>
      )}
      {asked === 'redrive' && <RedriveDialog onClose={() => ask(undefined)} />}
      {asked === 'again' && <AgainDialog onClose={() => ask(undefined)} />}
    </div>
  );
}

interface Advice {
  text: ReactNode;
  wouldFail: boolean;
}

/** Only what follows from what is known: that a redrive would fail again is said where the same bytes would be read. */
export function adviceOf(failure: Failure, plan: Plan | undefined): Advice | undefined {
  const inputs = (plan?.inputs ?? []).filter((input) => input.definition_path === failure.definition_path);
  const changed = inputs.find((input) => input.is === 'changed');
  if (changed)
    return {
      wouldFail: false,
      text: (
        <>
          <Foreign>{fileOf(changed.uri)}</Foreign> has changed since. A redrive reads it anew.
        </>
      ),
    };
  const gone = inputs.find((input) => input.is === 'gone');
  if (gone)
    return {
      wouldFail: true,
      text: (
        <>
          <Foreign>{fileOf(gone.uri)}</Foreign> is gone. A redrive would not find it.
        </>
      ),
    };
  const [same] = inputs;
  if (!same || !inputs.every((input) => input.is === 'same') || !(failure.checks?.length ?? 0))
    return undefined;
  const since =
    typeof same.mtime === 'string' && Number.isFinite(parseTime(same.mtime)) ? same.mtime : undefined;
  return {
    wouldFail: true,
    text: (
      <>
        <Foreign>{fileOf(same.uri)}</Foreign>{' '}
        {since ? (
          <>
            was written <Ago at={since} /> and
          </>
        ) : (
          ''
        )}{' '}
        has not changed since. A redrive would read the same rows and fail again.
      </>
    ),
  };
}

const fileOf = (uri: string) => uri.split('/').at(-1) || uri;
