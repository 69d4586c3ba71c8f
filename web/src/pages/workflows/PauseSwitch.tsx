import { useState } from 'react';
import { api, ApiError } from '@/api';

/** Whether its schedules and triggers start runs. */
export function PauseSwitch({
  workflow,
  isPaused,
  changed,
  withText = false,
}: {
  workflow: string;
  isPaused: boolean;
  changed: () => void;
  withText?: boolean;
}) {
  const [fault, setFault] = useState<string>();
  const turn = async () => {
    const path = { workflow };
    try {
      if (isPaused) await api.post('/api/v1/workflows/{workflow}/resume', { path });
      else await api.post('/api/v1/workflows/{workflow}/pause', { path });
      setFault(undefined);
      changed();
    } catch (error) {
      if (error instanceof ApiError) setFault(error.message);
    }
  };
  const said = isPaused ? `Schedules of ${workflow} are off` : `Schedules of ${workflow} are on`;
  return (
    <>
      <button
        type="button"
        className="switch"
        role="switch"
        aria-checked={!isPaused}
        aria-label={said}
        title={fault ?? said}
        onClick={() => void turn()}
      >
        <span className="switch__track" />
        {withText && (isPaused ? 'Schedules off' : 'Schedules on')}
      </button>
      {fault && (
        <span className="wrong" role="alert">
          {fault}
        </span>
      )}
    </>
  );
}
