import { useQuery } from '@/api';
import { Ago, Card, Foreign, Loaded, StatusIcon } from '@/components';
import { formatDuration } from '@/formats';
import { href, Link } from '@/router';

/** In place of the grid on the phone: the last runs, the newest first. */
export function LastRuns({ workflow }: { workflow: string }) {
  const runs = useQuery('/api/v1/runs', { query: { workflow: [workflow], limit: 14 } });
  return (
    <Card flush title="Last runs">
      <Loaded query={runs}>
        {(data) => (
          <ul className="rows">
            {data.items.map((run) => (
              <li key={run.run} className="last-run">
                <StatusIcon status={run.status} />
                <Link to={href('/runs/:workflow/:name', { workflow, name: run.name })}>
                  <Foreign>{run.name}</Foreign>
                  <span className="sub">
                    {' '}
                    <Ago at={run.started_at} />
                    {run.failure && (
                      <>
                        : <Foreign>{run.failure.state}</Foreign>
                      </>
                    )}
                  </span>
                </Link>
                <span className="ink-3">
                  {run.duration_ms === undefined ? '' : formatDuration(run.duration_ms)}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
