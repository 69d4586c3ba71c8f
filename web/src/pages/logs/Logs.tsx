import { useLive, useQuery } from '@/api';
import { useTitle } from '@/app/title';
import { Ago, Foreign, Loaded, Note, SearchField, StatusIcon } from '@/components';
import { LogPanel } from '@/components/log';
import { useLog } from '@/components/log/useLog';
import { anyText, href, Link, useQueryValue } from '@/router';
import './page.css';

/** The log of any run, the newest runs beside it. */
export default function Logs() {
  useTitle('Logs');
  const [wanted, setWanted] = useQueryValue('q', anyText, '');
  const [run, setRun] = useQueryValue('run', anyText, '');
  const runs = useQuery('/api/v1/runs', { query: { limit: 50, ...(wanted ? { q: wanted } : {}) } });
  useLive((events) => {
    if (events.some((event) => event.type === 'reset' || event.type.startsWith('Execution'))) runs.reload();
  }, runs.data?.as_of);
  const items = runs.data?.items ?? [];
  const key = (one: (typeof items)[number]) => `${one.workflow}/${one.name}`;
  const chosen = run || (items[0] && key(items[0]));
  const row = items.find((one) => key(one) === chosen);
  return (
    <>
      <div className="head">
        <h1>Logs</h1>
      </div>
      <div className="cols cols--logs">
        <section className="card card--flush" aria-label="Runs">
          <div className="card__head">
            <SearchField
              isWide
              label="Find a run"
              value={wanted}
              onChange={(text) => setWanted(text, { replace: true })}
            />
          </div>
          <Loaded query={runs} rows={10}>
            {() =>
              items.length === 0 ? (
                <Note title="No run has that in its name, error or cause" />
              ) : (
                <ul className="rows log-runs">
                  {items.map((one) => (
                    <li key={one.run} className={key(one) === chosen ? 'is-chosen' : undefined}>
                      <StatusIcon status={one.status} />
                      <button
                        type="button"
                        className="log-runs__name"
                        aria-pressed={key(one) === chosen}
                        onClick={() => setRun(key(one))}
                      >
                        <Foreign>{one.name}</Foreign>
                        <span className="sub">
                          <Foreign>{one.workflow}</Foreign>
                        </span>
                      </button>
                      <span className="ink-3">
                        <Ago at={one.started_at} />
                      </span>
                    </li>
                  ))}
                </ul>
              )
            }
          </Loaded>
        </section>
        {chosen !== undefined && <LogOf key={chosen} run={chosen} isLive={row?.status === 'running'} />}
      </div>
    </>
  );
}

function LogOf({ run, isLive }: { run: string; isLive: boolean }) {
  const log = useLog({ run, follow: isLive });
  const [workflow = '', name = ''] = run.split('/');
  return (
    <LogPanel
      title={
        <Link to={href('/runs/:workflow/:name', { workflow, name })}>
          <Foreign>{name}</Foreign>
        </Link>
      }
      note={workflow}
      label={`Log of ${name}`}
      log={log}
      isLive={isLive}
    />
  );
}
