import { useState } from 'react';
import { useLive, useMay, useQuery, type Schemas } from '@/api';
import { useKeys } from '@/app/keys';
import { useTitle } from '@/app/title';
import {
  Ago,
  Button,
  ButtonLink,
  CopyButton,
  Failed,
  Foreign,
  later,
  Loaded,
  Note,
  Status,
  Tabs,
  Time,
} from '@/components';
import { formatDuration, formatPercent } from '@/formats';
import { existing } from '@/pages';
import { href, Link } from '@/router';
import type { PageProps } from '../page';
import { Calendar } from './Calendar';
import { LastRuns } from './LastRuns';
import { PauseSwitch } from './PauseSwitch';
import { RunsGrid } from './RunsGrid';
import { Starts } from './Starts';
import { StartDialog } from './StartDialog';
import { Versions } from './Versions';
import './page.css';

const GraphCard = later(() => import('./GraphCard'));
const Definition = later(() => import('./Definition'));

type Details = Schemas['Workflow'];

const tabs = [
  ['', 'Overview'],
  ['schedules', 'Schedules and triggers'],
  ['calendar', 'Calendar'],
  ['versions', 'Versions'],
  ['definition', 'Definition'],
] as const;

export default function Workflow({ params }: PageProps) {
  const name = params['name'] ?? '';
  const tab = params['tab'] ?? '';
  const workflow = useQuery('/api/v1/workflows/{workflow}', { path: { workflow: name } });
  useTitle(name);
  if (workflow.error && workflow.data === undefined) {
    if (workflow.error.status !== 404) return <Failed error={workflow.error} retry={workflow.reload} />;
    return (
      <Note
        icon="search"
        title="There is no such workflow"
        actions={<ButtonLink to="/workflows">All workflows</ButtonLink>}
      >
        <p>
          <Foreign>{name}</Foreign> is not here. Its runs may be:{' '}
          <Link to={href('/runs', {}, { workflow: name })}>look for them</Link>.
        </p>
      </Note>
    );
  }
  return (
    <Loaded query={workflow} rows={8}>
      {(data) => (
        <div className="stack">
          <Head workflow={data} reload={workflow.reload} />
          <Tabs
            label="Parts of the workflow"
            tabs={[
              ...tabs.map(([id, text]) => ({
                text,
                to: href(id ? `/workflows/:name/${id}` : '/workflows/:name', { name }),
                isCurrent: id === tab,
              })),
              { text: 'Runs', to: href('/runs', {}, { workflow: name }), isCurrent: false },
              ...(existing('/data/x')
                ? [{ text: 'Data', to: href('/data/:name', { name }), isCurrent: false }]
                : []),
            ]}
          />
          <Content tab={tab} workflow={data} />
        </div>
      )}
    </Loaded>
  );
}

function Content({ tab, workflow }: { tab: string; workflow: Details }) {
  const { name } = workflow;
  switch (tab) {
    case '':
      return (
        <>
          <div className="phone-only">
            <LastRuns workflow={name} />
          </div>
          <div className="cols cols--workflow wide-only">
            <RunsGrid workflow={name} />
            <GraphCard workflow={name} version={workflow.version} />
          </div>
          <div className="cols cols--three">
            <Starts workflow={name} />
            <Versions workflow={name} current={workflow.version} most={5} />
            <Calendar workflow={name} />
          </div>
        </>
      );
    case 'schedules':
      return <Starts workflow={name} />;
    case 'calendar':
      return <Calendar workflow={name} />;
    case 'versions':
      return <Versions workflow={name} current={workflow.version} most={1000} />;
    case 'definition':
      return <Definition workflow={workflow} />;
    default:
      return (
        <Note icon="search" title="There is no such part">
          <p>
            A workflow has no <Foreign code>{tab}</Foreign>.
          </p>
        </Note>
      );
  }
}

function Head({ workflow, reload }: { workflow: Details; reload: () => void }) {
  const { name } = workflow;
  const figures = useQuery('/api/v1/workflow-figures', { query: { last: 30, limit: 1000 } });
  const own = figures.data?.items.find((one) => one.workflow === name);
  const usual = useQuery('/api/v1/workflows/{workflow}/usual', { path: { workflow: name } });
  const success = useQuery('/api/v1/runs', { query: { workflow: [name], status: ['succeeded'], limit: 1 } });
  const failure = useQuery('/api/v1/runs', {
    query: { workflow: [name], status: ['failed', 'timed_out'], limit: 1 },
  });
  const [isStarting, setStarting] = useState(false);
  const may = useMay('operator');
  useKeys(may ? { s: () => setStarting(true) } : {});
  const changed = () => {
    reload();
    figures.reload();
  };
  useLive((events) => {
    if (
      !events.some(
        (event) => event.type === 'reset' || event.type === 'changed' || event.data['workflow'] === name,
      )
    )
      return;
    changed();
    success.reload();
    failure.reload();
  }, figures.data?.as_of);
  const last = own?.runs.at(-1);
  const lastGood = success.data?.items[0];
  const lastBad = failure.data?.items[0];
  const ended = own ? own.succeeded + own.failed + own.aborted : 0;
  const { file } = workflow;
  return (
    <>
      <div className="head">
        <div className="head__main">
          <nav className="crumbs" aria-label="Where this is">
            <Link to="/workflows">Workflows</Link>
          </nav>
          <div className="head__title">
            <h1>
              <Foreign>{name}</Foreign>
            </h1>
            {last && <Status status={last.status} {...lastWord(last.status)} pill />}
          </div>
          {workflow.description && (
            <p className="lede">
              <Foreign>{workflow.description}</Foreign>
            </p>
          )}
        </div>
        <div className="head__actions">
          {may && own && <PauseSwitch workflow={name} isPaused={own.paused} changed={changed} withText />}
          {lastBad && (
            <Link className="btn" to={href('/runs/:workflow/:name', { workflow: name, name: lastBad.name })}>
              Open last failure
            </Link>
          )}
          <CopyButton text={workflow.arn}>Copy ARN</CopyButton>
          {may && (
            <Button kind="primary" icon="again" onClick={() => setStarting(true)}>
              Start…
            </Button>
          )}
        </div>
      </div>
      <dl className="facts">
        {own && ended > 0 && (
          <div>
            <dt>Succeeded, last {ended}</dt>
            <dd>
              {own.succeeded} of {ended} <small>{formatPercent(own.succeeded, ended)}</small>
            </dd>
          </div>
        )}
        {usual.data?.duration && (
          <div>
            <dt>Usual time</dt>
            <dd>
              {formatDuration(usual.data.duration.p50_ms)}{' '}
              <small>p95 {formatDuration(usual.data.duration.p95_ms)}</small>
            </dd>
          </div>
        )}
        <div>
          <dt>Last success</dt>
          <dd>
            {lastGood ? (
              <>
                <Link to={href('/runs/:workflow/:name', { workflow: name, name: lastGood.name })}>
                  <Time at={lastGood.started_at} />
                </Link>{' '}
                <small>
                  <Ago at={lastGood.started_at} />
                </small>
              </>
            ) : (
              <span className="ink-3">none</span>
            )}
          </dd>
        </div>
        {own?.next_fire && (
          <div>
            <dt>Next fire</dt>
            <dd>
              <Time at={own.next_fire.at} />{' '}
              <small>
                <Ago at={own.next_fire.at} />
              </small>
            </dd>
          </div>
        )}
        <div>
          <dt>Version</dt>
          <dd>
            {workflow.version}{' '}
            <small>
              since <Time at={workflow.updated_at} />
            </small>
          </dd>
        </div>
        {file && (
          <div>
            <dt>File</dt>
            <dd>
              <span title={file.path}>
                <Foreign>{file.path.split('/').at(-1) ?? file.path}</Foreign>
              </span>{' '}
              <small className={file.status === 'good' ? undefined : 'wrong'}>{fileNote(file)}</small>
            </dd>
          </div>
        )}
      </dl>
      {isStarting && <StartDialog workflow={name} onClose={() => setStarting(false)} />}
    </>
  );
}

function fileNote(file: NonNullable<Details['file']>): string {
  if (file.status === 'gone') return 'is gone: the version in force stays';
  return file.status === 'good' ? 'no faults' : `${file.faults.length} faults: the version in force stays`;
}

function lastWord(status: string): { word?: string } {
  if (status === 'succeeded') return { word: 'Last run succeeded' };
  return status === 'failed' ? { word: 'Last run failed' } : {};
}
