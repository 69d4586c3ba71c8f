import { useMemo } from 'react';
import { useNow } from '@/app/now';
import { useZone } from '@/app/settings';
import { Card, Loaded } from '@/components';
import { Timeline } from '@/components/timeline';
import '@/components/timeline/timeline.css';
import { formatTime, parseTime } from '@/formats';
import { useRun, useStep } from './data';

export default function TimelineCard() {
  const { overview, states } = useRun();
  const { row, choose } = useStep();
  const [zone] = useZone();
  const isLive = overview.run.status === 'running';
  const now = useNow(isLive ? 1000 : 60_000);
  const start = parseTime(overview.run.started_at);
  const end = overview.run.stopped_at === undefined ? now : parseTime(overview.run.stopped_at);
  const usual = useMemo(
    () =>
      new Map(
        overview.usual.states.flatMap((one) =>
          one.duration ? [[one.definition_path, one.duration.p50_ms] as const] : [],
        ),
      ),
    [overview.usual.states],
  );
  const notReached = overview.states.filter((one) => one.status === 'not_reached').map((one) => one.name);
  return (
    <Card flush title="Timeline" note={`since ${formatTime(start, zone, now)}`} tools={<Legend />}>
      <Loaded query={states}>
        {(data) => (
          <>
            <Timeline
              states={data.items}
              start={start}
              end={end}
              isLive={isLive}
              status={overview.run.status}
              usual={usual}
              chosen={row?.path}
              onChoose={choose}
              notReached={notReached}
            />
            {data.next !== undefined && (
              <p className="card__foot">The first {data.items.length} entries into states are shown.</p>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Legend() {
  return (
    <span className="legend wide-only">
      <span className="is-succeeded">
        <i className="legend--ran" />
        ran
      </span>
      <span className="is-failed">
        <i />
        failed attempt
      </span>
      <span>
        <i className="legend--backoff" />
        backoff
      </span>
      <span>
        <i className="legend--queued" />
        queued
      </span>
      <span>
        <i className="legend--usual" />
        usual end
      </span>
    </span>
  );
}
