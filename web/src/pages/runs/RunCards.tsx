import { Ago, Elapsed, Foreign, Status } from '@/components';
import { formatDuration } from '@/formats';
import { href, Link } from '@/router';
import { shownStatus, whyOf } from './columns';
import type { RunRow } from './useRuns';

/** Runs on a phone: two lines each, and a third for what is not well. The whole card opens the run. */
export function RunCards({ rows, onMore }: { rows: readonly RunRow[]; onMore: (() => void) | undefined }) {
  return (
    <>
      <ul className="run-cards" aria-label="Runs">
        {rows.map((run) => (
          <li key={run.run}>
            <Link to={href('/runs/:workflow/:name', { workflow: run.workflow, name: run.name })}>
              <span className="run-cards__line">
                <Status status={shownStatus(run)} />
                <b className="strong">
                  <Foreign>{run.name}</Foreign>
                </b>
              </span>
              <span className="run-cards__line ink-2">
                <Foreign>{run.workflow}</Foreign>
                <span className="run-cards__when">
                  <Ago at={run.started_at} />,{' '}
                  {run.duration_ms === undefined ? (
                    <Elapsed since={run.started_at} />
                  ) : (
                    formatDuration(run.duration_ms)
                  )}
                </span>
              </span>
              <Why run={run} />
            </Link>
          </li>
        ))}
      </ul>
      {onMore && (
        <button type="button" className="btn run-cards__more" onClick={onMore}>
          Show more
        </button>
      )}
    </>
  );
}

function Why({ run }: { run: RunRow }) {
  const why = whyOf(run);
  return why ? <span className="run-cards__why">{why}</span> : null;
}
