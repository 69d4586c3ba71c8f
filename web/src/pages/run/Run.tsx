import { useMemo, type ReactNode } from 'react';
import { useTitle } from '@/app/title';
import { Failed, Loaded, Note, Tabs, ButtonLink, Foreign, later } from '@/components';
import { hasDistributedMap } from '@/components/graph/definition';
import { prepareLayout } from '@/components/graph/worker';
import { href, useLocation, withQuery } from '@/router';
import { statusOf } from '@/status/status';
import type { PageProps } from '../page';
import { Banner } from './Banner';
import { noHistory, RunContext, useAgainst, useRun, useRunData, useStep, useView, type View } from './data';
import { Head } from './Head';
import { PhoneActions } from './PhoneActions';
import { StepPanel } from './StepPanel';
import { StepsCard } from './StepsCard';
import { TravelThrough } from './TravelThrough';
import { Waits } from './Waits';
import './page.css';

const CompareCard = later(() => import('./CompareCard'));
const GraphCard = later(() => import('./GraphCard'));
const MapRuns = later(() => import('./MapRuns'));
const TimelineCard = later(() => import('./TimelineCard'));
const LogCard = later<{ isAlone?: boolean }>(() => import('./LogCard'));
const TableCard = later(() => import('./TableCard'));
const EventsCard = later(() => import('./EventsCard'));
const DataView = later(() => import('./DataView'));
const InOutView = later(() => import('./InOutView'));

// What the overview consists of comes while the run itself is asked for; what does not come, its card says.
for (const card of [GraphCard, TimelineCard, LogCard]) card.prepare().catch(() => undefined);
prepareLayout();

export default function Run({ params }: PageProps) {
  const workflow = params['workflow'] ?? '';
  const name = params['name'] ?? '';
  const key = `${workflow}/${name}`;
  const { overview, ...more } = useRunData(key);
  const status = overview.data?.run.status;
  useTitle(`${workflow} ${name}`, status && statusOf(status));
  if (overview.error && overview.data === undefined) {
    if (overview.error.status === 404 || overview.error.status === 410)
      return <Missing workflow={workflow} name={name} why={overview.error.message} />;
    return <Failed error={overview.error} retry={more.reload} />;
  }
  return (
    <Loaded query={overview} rows={8}>
      {(data) => (
        <RunContext value={{ key, overview: data, history: noHistory, entries: [], ...more }}>
          <Page />
        </RunContext>
      )}
    </Loaded>
  );
}

function Missing({ workflow, name, why }: { workflow: string; name: string; why: string }) {
  return (
    <Note
      icon="search"
      title="This run is not here"
      actions={<ButtonLink to={href('/runs', {}, { workflow })}>Runs of its workflow</ButtonLink>}
    >
      <p>
        <Foreign>{`${workflow} ${name}`}</Foreign>: <Foreign>{why}</Foreign>
      </p>
    </Note>
  );
}

function Page() {
  return (
    <div className="stack run-page">
      <Head />
      <Banner />
      <Waits />
      <TravelThrough>
        <Columns />
      </TravelThrough>
      <PhoneActions />
    </div>
  );
}

/** The open view, and the chosen step beside it. */
function Columns() {
  const [view] = useView();
  const [against] = useAgainst();
  const { step } = useStep();
  const hasPanel = step !== '' && view !== 'io' && view !== 'data';
  const content = useMemo(() => contentOf(view), [view]);
  return (
    <div className={hasPanel ? 'cols cols--panel' : 'cols'}>
      <div className="stack">
        <ViewTabs view={view} />
        {against === 'last-success' && <CompareCard />}
        {content}
      </div>
      {hasPanel && <StepPanel key={step} />}
    </div>
  );
}

/** The Map Runs, where the run's definition has a Map that makes some. */
function IfDistributed() {
  const { definition } = useRun();
  return hasDistributedMap(definition.data?.definition) ? <MapRuns /> : null;
}

function contentOf(view: View): ReactNode {
  switch (view) {
    case 'overview':
      return (
        <>
          <div className="wide-only">
            <GraphCard />
          </div>
          <div className="phone-only">
            <StepsCard />
          </div>
          <IfDistributed />
          <div className="wide-only">
            <TimelineCard />
          </div>
          <LogCard />
        </>
      );
    case 'graph':
      return <GraphCard />;
    case 'timeline':
      return <TimelineCard />;
    case 'table':
      return <TableCard />;
    case 'events':
      return <EventsCard />;
    case 'logs':
      return <LogCard isAlone />;
    case 'data':
      return <DataView />;
    case 'io':
      return <InOutView />;
  }
}

const names: [View, string][] = [
  ['overview', 'Overview'],
  ['graph', 'Graph'],
  ['timeline', 'Timeline'],
  ['table', 'Table'],
  ['events', 'Events'],
  ['logs', 'Logs'],
  ['data', 'Data'],
  ['io', 'Input and output'],
];

function ViewTabs({ view }: { view: View }) {
  const location = useLocation();
  const run = useRun();
  const hasData = Object.keys(run.overview.rows).length > 0;
  return (
    <Tabs
      label="Views of the run"
      tabs={names
        .filter(([id]) => id !== 'data' || hasData || view === 'data')
        .map(([id, text]) => ({
          text,
          to: withQuery(location, { view: id === 'overview' ? undefined : id }),
          isCurrent: id === view,
          ...(id === 'events' ? { count: run.overview.events } : {}),
        }))}
    />
  );
}
