import { statuses, type StatusName } from '@/status/status';
import { formatDuration } from '@/formats';
import { px } from './px';

interface DurationBarProps {
  ms: number;
  p50?: number | undefined;
  p95?: number | undefined;
  /** The status whose colour the bar has; one that ended well is slate. */
  status?: StatusName;
}

/** A duration against the usual: the tick is p50; above p95 the bar turns to waiting. */
export function DurationBar({ ms, p50, p95, status }: DurationBarProps) {
  const full = Math.max(ms, (p50 ?? ms / 2) * 1.6, 1);
  const isLate = p95 !== undefined && ms > p95;
  const tone = isLate ? statuses.late.tone : status ? statuses[status].tone : '';
  const usual = p50 === undefined ? '' : `, usually ${formatDuration(p50)}`;
  return (
    <span className={`durbar ${tone}`} role="img" aria-label={formatDuration(ms) + usual}>
      <i style={{ width: px((ms / full) * 100, '%') }} />
      {p50 !== undefined && <b style={{ left: px((p50 / full) * 100, '%') }} />}
    </span>
  );
}
