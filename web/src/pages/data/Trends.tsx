import { useQuery } from '@/api';
import { useZone } from '@/app/settings';
import { Card, Loaded, px } from '@/components';
import { formatNumber, formatTime, parseTime, visible } from '@/formats';
import { href, Link } from '@/router';

interface Point {
  name: string;
  at: string;
  value: number | undefined;
  isBad: boolean;
}

interface RunData {
  name: string;
  status: string;
  started_at: string;
  tasks: { definition_path: string; task: string; rows?: Record<string, number> }[];
}

const LAST = 30;

/** One bar a run, the newest at the right: rows read, rejected and written, of all tasks. */
export function Trends({ workflow }: { workflow: string }) {
  const data = useQuery('/api/v1/workflows/{workflow}/data', { path: { workflow }, query: { limit: LAST } });
  return (
    <Card title="Trends" note={`last ${LAST} runs, the newest at the right`}>
      <Loaded query={data}>
        {(found) => {
          const runs = [...(found.items as unknown as RunData[])].reverse();
          return (
            <div className="trends">
              <Trend
                workflow={workflow}
                title="Rows read"
                points={runs.map((run) => point(run, first(run, 'read')))}
              />
              <Trend
                workflow={workflow}
                title="Rows rejected"
                points={runs.map((run) => point(run, sum(run, 'rejected')))}
                isBad
              />
              <Trend
                workflow={workflow}
                title="Rows inserted or updated"
                points={runs.map((run) => point(run, sum(run, 'inserted') + sum(run, 'updated')))}
              />
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}

const first = (run: RunData, key: string) => run.tasks[0]?.rows?.[key];
const sum = (run: RunData, key: string) =>
  run.tasks.reduce((total, task) => total + (task.rows?.[key] ?? 0), 0);
const point = (run: RunData, value: number | undefined): Point => ({
  name: run.name,
  at: run.started_at,
  value,
  isBad: run.status !== 'succeeded',
});

function Trend({
  workflow,
  title,
  points,
  isBad = false,
}: {
  workflow: string;
  title: string;
  points: Point[];
  isBad?: boolean;
}) {
  const [zone] = useZone();
  const most = Math.max(1, ...points.map((one) => one.value ?? 0));
  const last = points.at(-1);
  const now = last ? parseTime(last.at) : 0;
  const before = points.slice(0, -1).flatMap((one) => (one.value === undefined ? [] : [one.value]));
  const usual = [...before].sort((a, b) => a - b)[Math.floor(before.length / 2)];
  return (
    <div className="trend-box">
      <p>
        {title} <b className="strong">{last?.value === undefined ? '' : formatNumber(last.value)}</b>
      </p>
      <div className="trend-bars">
        {points.map((one, i) => (
          <Link
            key={i}
            to={href('/runs/:workflow/:name', { workflow, name: one.name })}
            aria-label={`${visible(one.name)}: ${one.value ?? 'nothing'}`}
            title={`${visible(one.name)}, ${formatTime(parseTime(one.at), zone, now)}: ${one.value === undefined ? 'nothing' : formatNumber(one.value)}`}
          >
            <i
              className={isBad && (one.value ?? 0) > 0 ? 'is-bad' : undefined}
              style={{ height: px(((one.value ?? 0) / most) * 100, '%') }}
            />
          </Link>
        ))}
      </div>
      <p className="ink-3">{usual === undefined ? 'no run before' : `usually ${formatNumber(usual)}`}</p>
    </div>
  );
}
