import { useQuery } from '@/api';
import { useNow } from '@/app/now';
import { Card, Loaded } from '@/components';
import { formatCount, formatDay, formatNumber } from '@/formats';
import { href, navigate } from '@/router';
import { daysOf, type Day } from './grid';

const DAY = 86_400_000;
const WEEKS = 26;

const tones: Record<Day['status'], string> = {
  none: 'is-none',
  succeeded: 'is-succeeded',
  failed: 'is-failed',
  stopped: 'is-stopped',
  mended: 'is-mended',
  running: 'is-running',
};
const words: Record<Day['status'], string> = {
  none: 'no run',
  succeeded: 'all succeeded',
  failed: 'failed',
  stopped: 'stopped',
  mended: 'failed, then succeeded',
  running: 'running',
};

/** Half a year, a day a square, Mondays above; days are those of UTC. */
export function Calendar({ workflow }: { workflow: string }) {
  const now = useNow(60_000);
  const tomorrow = Math.floor(now / DAY) * DAY + DAY;
  // 1970-01-01 was a Thursday.
  const monday = tomorrow - ((tomorrow / DAY + 3) % 7 || 7) * DAY;
  const from = monday - (WEEKS - 1) * 7 * DAY;
  const days = (tomorrow - from) / DAY;
  const found = useQuery('/api/v1/runs/histogram', {
    query: {
      workflow: [workflow],
      from: new Date(from).toISOString(),
      to: new Date(tomorrow).toISOString(),
      intervals: days,
    },
  });
  return (
    <Card title="Calendar" note={`since ${formatDay(from, 'UTC')}`}>
      <Loaded query={found}>
        {(data) => {
          const all = daysOf(data.intervals, data.items);
          return (
            <>
              <div className="scroll-x">
                <div className="cal" role="img" aria-label={said(all)}>
                  {all.map((day) => (
                    <i
                      key={day.at}
                      className={tones[day.status]}
                      title={`${formatDay(day.at, 'UTC')}: ${words[day.status]}${day.runs ? `, ${formatCount(day.runs, 'run')}` : ''}`}
                      onClick={() =>
                        day.runs > 0 &&
                        navigate(
                          href(
                            '/runs',
                            {},
                            {
                              workflow,
                              start: `${new Date(day.at).toISOString()}..${new Date(day.at + DAY).toISOString()}`,
                            },
                          ),
                        )
                      }
                    />
                  ))}
                </div>
              </div>
              <p className="legend">
                <span className="is-succeeded">
                  <i className="quiet" />
                  all succeeded
                </span>
                <span className="is-failed">
                  <i />
                  failed
                </span>
                <span className="is-stopped">
                  <i />
                  stopped
                </span>
              </p>
              <Summary days={all} />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

const said = (days: readonly Day[]): string =>
  `${days.filter((day) => day.status === 'succeeded').length} of ${days.filter((day) => day.runs > 0).length} days with runs went well`;

function Summary({ days }: { days: readonly Day[] }) {
  const withRuns = days.filter((day) => day.runs > 0);
  const good = withRuns.filter((day) => day.status === 'succeeded' || day.status === 'mended').length;
  const bad = withRuns.filter((day) => day.status === 'failed' || day.status === 'mended');
  return (
    <dl className="facts facts--list">
      <div>
        <dt>Days with a success</dt>
        <dd>
          {formatNumber(good)} of {formatNumber(withRuns.length)}
        </dd>
      </div>
      <div>
        <dt>Mended on the same day</dt>
        <dd>
          {formatNumber(bad.filter((day) => day.status === 'mended').length)} of {formatNumber(bad.length)}
        </dd>
      </div>
    </dl>
  );
}
