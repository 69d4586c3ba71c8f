import { useState } from 'react';
import { useMay } from '@/api';
import {
  Ago,
  Button,
  CopyButton,
  DurationBar,
  Elapsed,
  Foreign,
  Icon,
  Menu,
  Status,
  Time,
} from '@/components';
import { formatDuration, formatNumber } from '@/formats';
import { existing } from '@/pages';
import { href, Link } from '@/router';
import { statusOf } from '@/status/status';
import { originOf } from '@/words/starts';
import { AgainDialog } from './AgainDialog';
import { useAgainst, useRun, type Overview } from './data';
import { RedriveDialog } from './RedriveDialog';
import { StopDialog } from './StopDialog';

type Asked = 'redrive' | 'stop' | 'again' | undefined;

export function Head() {
  const { overview } = useRun();
  const { run } = overview;
  return (
    <>
      <div className="head">
        <div className="head__main">
          <nav className="crumbs" aria-label="Where this is">
            <Maybe to="/runs">Runs</Maybe>
            <span>/</span>
            <Maybe to={href('/workflows/:name', { name: run.workflow })}>
              <Foreign>{run.workflow}</Foreign>
            </Maybe>
          </nav>
          <div className="head__title">
            <h1>
              <Foreign>{run.name}</Foreign>
            </h1>
            <Status status={shownStatus(overview)} pill />
          </div>
          <p className="phone-only ink-2">
            <Time at={run.started_at} />, <Ago at={run.started_at} />.{' '}
            {run.duration_ms !== undefined && `Took ${formatDuration(run.duration_ms)}.`}
          </p>
        </div>
        <Actions />
      </div>
      <Facts overview={overview} />
    </>
  );
}

/** A run that succeeded although something was caught says so. */
export function shownStatus(overview: Overview): string {
  if (overview.run.status === 'succeeded' && overview.failure.caught_count > 0) return 'caught';
  return overview.run.status;
}

/** A link where there is such a page. */
export function Maybe({ to, children }: { to: string; children: React.ReactNode }) {
  const there = existing(to);
  return there ? <Link to={there}>{children}</Link> : <span>{children}</span>;
}

function Actions() {
  const { overview, plan } = useRun();
  const { run } = overview;
  const may = useMay('operator');
  const [asked, ask] = useState<Asked>();
  const [against, setAgainst] = useAgainst();
  const close = () => ask(undefined);
  const last = overview.version.last_success;
  const isOpen = run.status === 'running';
  const canRedrive = !isOpen && run.status !== 'succeeded';
  return (
    <div className="head__actions">
      {last && last.run !== run.run && (
        <Button
          icon="compare"
          kind="quiet"
          aria-pressed={against === 'last-success'}
          onClick={() => setAgainst(against === 'last-success' ? '' : 'last-success')}
        >
          Compare with last success
        </Button>
      )}
      <span className="not-on-phone">
        {may && isOpen && (
          <Button icon="stop" kind="danger" onClick={() => ask('stop')}>
            Stop…
          </Button>
        )}
        {may && !isOpen && (
          <Menu
            label="Run again"
            className="btn"
            button={
              <>
                <Icon name="again" />
                Run again
                <Icon name="chev-d" size="sm" />
              </>
            }
            items={[{ text: 'With this input or a changed one…', act: () => ask('again') }]}
          />
        )}
        {may && canRedrive && (
          <Button
            icon="redrive"
            impossible={plan && !plan.redrivable ? plan.reason : undefined}
            onClick={() => ask('redrive')}
          >
            Redrive…
          </Button>
        )}
      </span>
      <CopyButton text={run.arn}>Copy ARN</CopyButton>
      {asked === 'redrive' && <RedriveDialog onClose={close} />}
      {asked === 'stop' && <StopDialog onClose={close} />}
      {asked === 'again' && <AgainDialog onClose={close} />}
    </div>
  );
}

function Facts({ overview }: { overview: Overview }) {
  const { run, version, parent, children, rows } = overview;
  return (
    <dl className="facts">
      <div>
        <dt>Started</dt>
        <dd>
          <Time at={run.started_at} />{' '}
          <small>
            <Ago at={run.started_at} />
          </small>
        </dd>
      </div>
      <div>
        <dt>{run.stopped_at ? 'Took' : 'Runs for'}</dt>
        <dd>
          <Duration overview={overview} />
        </dd>
      </div>
      <div>
        <dt>Started by</dt>
        <dd>
          {originOf(run.origin).word}{' '}
          {run.started_by && (
            <small>
              <Foreign>{run.started_by}</Foreign>
            </small>
          )}
        </dd>
      </div>
      <div>
        <dt>Version</dt>
        <dd>
          {version.number} <small>{versionNote(version)}</small>
        </dd>
      </div>
      {rows.read !== undefined && (
        <div>
          <dt>Rows read</dt>
          <dd>
            {formatNumber(rows.read)}{' '}
            {rows.rejected ? <small>{formatNumber(rows.rejected)} rejected</small> : null}
          </dd>
        </div>
      )}
      <div>
        <dt>Redrives</dt>
        <dd>{run.redrives ?? 0}</dd>
      </div>
      {parent && (
        <div>
          <dt>Parent</dt>
          <dd>
            <Foreign>{nameOf(parent.arn)}</Foreign>
          </dd>
        </div>
      )}
      {children.length > 0 && (
        <div>
          <dt>Children</dt>
          <dd>
            {children.slice(0, 3).map((child) => (
              <Maybe
                key={child.arn}
                to={href('/runs/:workflow/:name', { workflow: child.workflow ?? '', name: child.name ?? '' })}
              >
                <Foreign>{child.name ?? nameOf(child.arn)}</Foreign>{' '}
              </Maybe>
            ))}
            {children.length > 3 && <small>and {formatNumber(children.length - 3)} more</small>}
          </dd>
        </div>
      )}
    </dl>
  );
}

const nameOf = (arn: string) => arn.split(':').slice(-2).join(' ');

function Duration({ overview }: { overview: Overview }) {
  const { run, usual } = overview;
  const p50 = usual.duration?.p50_ms;
  const said = p50 === undefined ? undefined : `usually ${formatDuration(p50)}`;
  if (run.duration_ms === undefined) {
    return (
      <>
        <Elapsed since={run.started_at} /> {said && <small>{said}</small>}
      </>
    );
  }
  const isCut = run.status !== 'succeeded';
  return (
    <>
      {formatDuration(run.duration_ms)} {said && <small>{isCut ? `cut short; ${said}` : said}</small>}{' '}
      {!isCut && (
        <DurationBar
          ms={run.duration_ms}
          p50={p50}
          p95={usual.duration?.p95_ms}
          status={statusOf(run.status)}
        />
      )}
    </>
  );
}

function versionNote(version: Overview['version']): string {
  const last = version.last_success;
  const newest =
    version.newest !== null && version.newest !== version.number ? `; the newest is ${version.newest}` : '';
  if (!last) return `no success before${newest}`;
  return (last.same ? 'same as the last success' : `the last success had ${last.number}`) + newest;
}
