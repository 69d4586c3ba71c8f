import { api } from '@/api';
import { Confirm, Foreign, Icon } from '@/components';
import { formatCount, formatDuration, formatNumber } from '@/formats';
import { useRun, type Plan } from './data';

const inputWords = {
  same: 'as it was',
  changed: 'has changed since',
  gone: 'is gone',
  unknown: 'not known',
} as const;

/** What would run again, what is kept, and whether what was read has changed. */
export function RedriveDialog({ onClose }: { onClose: () => void }) {
  const { key, plan, reload } = useRun();
  return (
    <Confirm
      title="Redrive this run"
      lede={plan && costOf(plan)}
      verb="Redrive"
      icon="redrive"
      impossible={plan?.redrivable === false ? plan.reason : undefined}
      act={() => api.post('/api/v1/runs/{run}/redrive', { path: { run: key } })}
      onDone={reload}
      onClose={onClose}
    >
      {plan && <PlanView plan={plan} />}
    </Confirm>
  );
}

/** "A redrive keeps 15 results and runs 8 tasks, about 14 s." */
export function costOf(plan: Plan): string {
  if (!plan.redrivable) return plan.reason;
  const kept = (plan.keeps ?? []).reduce((sum, one) => sum + one.count, 0);
  const runs = plan.runs_count ?? plan.again?.length ?? 0;
  const time = plan.estimate?.time_ms ? `, about ${formatDuration(plan.estimate.time_ms)}` : '';
  return `A redrive keeps ${formatCount(kept, 'result')} and runs ${formatCount(runs, 'task')}${time}.`;
}

function PlanView({ plan }: { plan: Plan }) {
  return (
    <>
      <section>
        <h3>Runs again</h3>
        <ul className="plan">
          {(plan.again ?? []).slice(0, 20).map((one) => (
            <li key={one.path}>
              <Icon name="redrive" size="sm" />
              <Foreign>{one.path}</Foreign>
              <span className="ink-3">{one.usual ? `usually ${formatDuration(one.usual.p50_ms)}` : ''}</span>
            </li>
          ))}
        </ul>
        {(plan.again?.length ?? 0) > 20 && (
          <p className="ink-3">and {formatNumber((plan.runs_count ?? 0) - 20)} more</p>
        )}
      </section>
      {(plan.inputs?.length ?? 0) > 0 && (
        <section>
          <h3>What it had read</h3>
          <ul className="plan">
            {plan.inputs?.map((input) => (
              <li key={input.uri + input.definition_path}>
                <Icon name="file" size="sm" />
                <Foreign>{input.uri}</Foreign>
                <span className={input.is === 'changed' ? 'changed' : 'ink-3'}>{inputWords[input.is]}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {(plan.keeps?.length ?? 0) > 0 && (
        <section>
          <h3>Is kept</h3>
          <p className="ink-2">
            {plan.keeps
              ?.map((one) => `${one.definition_path}${one.count > 1 ? ` (${formatNumber(one.count)})` : ''}`)
              .join(', ')}
          </p>
        </section>
      )}
      {plan.version && plan.version.newest !== null && plan.version.newest !== plan.version.number && (
        <p className="ink-2">
          It keeps version {plan.version.number}. The workflow is at {plan.version.newest}: to run that one,
          start the run again.
        </p>
      )}
    </>
  );
}
