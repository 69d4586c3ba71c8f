import { Changing, Icon, px } from '@/components';
import { formatBytes, formatCount, formatDuration, formatNumber } from '@/formats';
import type { Home } from './words';

type HealthAnswer = NonNullable<Home['health']>;
type Figure = HealthAnswer['figures'][number];

const names: Record<Figure['name'], string> = {
  commit_p99: 'Commit, p99',
  inbox: 'Inbox',
  timers_behind: 'Timers behind',
  database: 'Database',
  disk_free: 'Disk',
  task_hosts: 'Task hosts',
};

/** The daemon's own figures, each against its limit. Above the tiles when one is over. */
export function Health({ health }: { health: HealthAnswer }) {
  return (
    <section className="card card--flush vitals" aria-label="Health">
      {health.figures.map((figure) => (
        <div key={figure.name} className={`vital${figure.over ? ' is-failed home__over' : ''}`}>
          <span className="ink-3">
            {figure.over && <Icon name="warn" size="sm" />} {names[figure.name]}
          </span>
          <span className="vital__row">
            <b title={figure.value === null ? undefined : `${figure.value} ${figure.unit}`}>
              <Changing value={figure.over ? 1 : 0}>{valueText(figure)}</Changing>
            </b>
            <Share figure={figure} />
          </span>
          <small>{limitText(figure)}</small>
        </div>
      ))}
    </section>
  );
}

/** How much of a budget is used. */
function Share({ figure }: { figure: Figure }) {
  if (figure.name !== 'database' || !figure.limit || figure.value === null) return null;
  const share = Math.min(100, (figure.value / figure.limit) * 100);
  return (
    <span className={`durbar${figure.over ? ' is-failed' : ''}`} aria-hidden="true">
      <i style={{ width: px(share, '%') }} />
    </span>
  );
}

function valueText({ name, value }: Figure): string {
  if (value === null) return 'nothing yet';
  if (name === 'commit_p99' || name === 'timers_behind') return value === 0 ? '0 s' : formatDuration(value);
  if (name === 'database') return formatBytes(value);
  if (name === 'disk_free') return `${formatBytes(value)} free`;
  return formatNumber(value);
}

function limitText({ name, limit }: Figure): string {
  if (name === 'task_hosts') return 'processes at work or ready';
  if (limit === null) return name === 'database' ? 'no budget is set' : '';
  if (name === 'database') return `budget ${formatBytes(limit)}`;
  if (name === 'disk_free') return `stops accepting below ${formatBytes(limit)}`;
  if (name === 'inbox') return `limit ${formatCount(limit, 'message')}`;
  return `limit ${formatDuration(limit)}`;
}
