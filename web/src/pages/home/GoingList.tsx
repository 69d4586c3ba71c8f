import { ButtonLink, Card, DurationBar, Elapsed, Foreign, Note, StatusIcon } from '@/components';
import { formatDuration, formatNumber } from '@/formats';
import { existing } from '@/pages';
import { href, Link } from '@/router';
import { useNow } from '@/app/now';
import { goingNote, holdersNote, type Going, type Home } from './words';

const SHOWN = 8;

/** What runs, and what waits for its turn: the longest over its usual first. */
export function GoingList({ home }: { home: Home }) {
  const count = home.tiles['running']?.count ?? home.running.length;
  const list = existing(href('/runs', {}, { status: 'running' }));
  const more = count - SHOWN;
  return (
    <Card
      title="Running and queued"
      tools={home.running.length ? <span className="home__hint">tick: usual time</span> : undefined}
      foot={
        more > 0 ? (
          <>
            and {formatNumber(more)} more
            {list && (
              <ButtonLink kind="quiet" small to={list}>
                All running
              </ButtonLink>
            )}
          </>
        ) : undefined
      }
      flush
    >
      {home.running.length === 0 ? (
        <Note title="Nothing runs">
          <p>Runs that go on stand here, with what they do now and how long they usually take.</p>
        </Note>
      ) : (
        <ul className="rows rows--run">
          {home.running.slice(0, SHOWN).map((run) => (
            <GoingRow key={run.run} run={run} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function GoingRow({ run }: { run: Going }) {
  const now = useNow(1000);
  const ms = now - Date.parse(run.started_at);
  const status = run.queued ? 'queued' : run.waiting ? 'waiting' : 'running';
  const page = existing(href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name }));
  const { usual } = run;
  const isLate = usual !== null && ms > usual.p95_ms;
  return (
    <li>
      <StatusIcon status={status} />
      <div className="home__what">
        {page ? (
          <Link className="home__title" to={page} title={run.name}>
            {run.workflow}
          </Link>
        ) : (
          <span className="home__title" title={run.name}>
            {run.workflow}
          </span>
        )}
        <div className="sub">
          <Foreign>{goingNote(run)}</Foreign>
        </div>
      </div>
      {run.queued || !usual ? (
        <span />
      ) : (
        <DurationBar ms={ms} p50={usual.p50_ms} p95={usual.p95_ms} status="running" />
      )}
      <span className="num">
        <Elapsed since={run.started_at} />
        <div className={`sub${isLate ? ' home__late' : ''}`}>
          {run.queued ? holdersNote(run) : usual ? `usually ${formatDuration(usual.p50_ms)}` : ''}
        </div>
      </span>
    </li>
  );
}
