import { Card, StatusIcon } from '@/components';
import { formatDuration, visible } from '@/formats';
import { useRun, useStep } from './data';
import { TravelButton } from './TravelBar';

/** The graph as a list, for the phone: each state with how it stands. */
export function StepsCard() {
  const { overview } = useRun();
  const { choose } = useStep();
  return (
    <Card title="Steps" tools={<TravelButton />}>
      <ol className="steps-list">
        {overview.states.map((state) => {
          const took = state.duration_ms ?? state.busy_ms;
          const times = state.entered ?? 0;
          return (
            <li
              key={state.definition_path}
              className={state.status === 'not_reached' ? 'is-not-reached' : undefined}
              style={{ marginLeft: state.depth * 18 }}
            >
              <span className="mark">
                <StatusIcon status={state.status} />
              </span>
              <button
                type="button"
                className="steps-list__name"
                onClick={() => choose(state.definition_path)}
              >
                <span className="bidi">{visible(state.name)}</span>
                <small>
                  {state.status === 'not_reached'
                    ? state.usual
                      ? `usually ${formatDuration(state.usual.p50_ms)}`
                      : 'not reached'
                    : times > 1
                      ? `${times} times`
                      : state.type}
                </small>
              </button>
              <span className="ink-3">
                {took !== undefined && state.status !== 'not_reached' ? formatDuration(took) : ''}
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
