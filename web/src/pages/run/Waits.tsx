import { useLiveReload, useMay, useQuery } from '@/api';
import { Ago, Elapsed, Foreign, Icon, Time } from '@/components';
import { formatCount } from '@/formats';
import { href, Link } from '@/router';
import { useRun } from './data';
import { Maybe } from './Head';
import { waitsOf, type Holder, type Wait } from './waits';

const SHOWN = 5;

/** Why a run that is open does not go on: for what it waits, at which place, and who is before it. */
export function Waits() {
  const { key, overview } = useRun();
  const isOpen = overview.run.status === 'running';
  const explanation = useQuery('/api/v1/runs/{run}/explain', isOpen ? { path: { run: key } } : null);
  // Its place changes by what other runs do.
  useLiveReload(explanation.reload, overview.as_of, { every: 2000 });
  const waits = isOpen ? waitsOf(explanation.data) : [];
  return waits.slice(0, SHOWN).map((wait, i) => <WaitBox key={`${wait.code}${i}`} wait={wait} />);
}

function WaitBox({ wait }: { wait: Wait }) {
  const isQueued = wait.code === 'POOL_FULL' || wait.code === 'WORKFLOW_LIMIT';
  const more = wait.holders.length - SHOWN;
  return (
    <section className="waits" aria-label={wait.title}>
      <div className="waits__head">
        <Icon name={isQueued ? 'queued' : 'waiting'} />
        <h2>
          <Foreign>{wait.title}</Foreign>
        </h2>
        {wait.code === 'WAITING_CALLBACK' && <AnswerLink />}
        {wait.since && (
          <span className="tools">
            for <Elapsed since={wait.since} />
          </span>
        )}
      </div>
      <p className="ink-2">
        <Foreign>{wait.text}</Foreign>
        {wait.until && (
          <>
            {' '}
            (<Time at={wait.until} />)
          </>
        )}
      </p>
      {wait.holders.length > 0 && (
        <ul className="waits__holders" aria-label="Who has what it waits for">
          {wait.holders.slice(0, SHOWN).map((holder) => (
            <HolderLine key={`${holder.run} ${holder.state ?? ''}`} holder={holder} />
          ))}
          {more > 0 && <li className="ink-3">and {formatCount(more, 'more', 'more')}</li>}
        </ul>
      )}
    </section>
  );
}

function AnswerLink() {
  const { overview } = useRun();
  if (!useMay('operator')) return null;
  const { workflow } = overview.run;
  return (
    <Link className="linkish" to="/operations/approvals" query={{ workflow }}>
      Answer…
    </Link>
  );
}

function HolderLine({ holder }: { holder: Holder }) {
  return (
    <li>
      <Maybe to={href('/runs/:workflow/:name', { workflow: holder.workflow, name: holder.name })}>
        <Foreign>{`${holder.workflow} ${holder.name}`}</Foreign>
      </Maybe>
      {holder.state && (
        <span className="ink-2">
          <Foreign>{holder.state}</Foreign>
        </span>
      )}
      <span className="ink-3">
        since <Ago at={holder.since} />
      </span>
    </li>
  );
}
