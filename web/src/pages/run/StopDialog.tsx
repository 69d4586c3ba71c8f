import { useState } from 'react';
import { api } from '@/api';
import { Confirm, Foreign } from '@/components';
import { formatCount } from '@/formats';
import { useRun } from './data';

/** Confirmed by the button, not by typing; the page stays. */
export function StopDialog({ onClose }: { onClose: () => void }) {
  const { key, overview, reload } = useRun();
  const [cause, setCause] = useState('');
  const tasks = overview.open.filter((one) => one.type === 'Task');
  return (
    <Confirm
      title="Stop this run"
      lede={
        tasks.length
          ? `${formatCount(tasks.length, 'task')} will be cancelled. What has ended stays.`
          : 'Nothing of it works at the moment.'
      }
      verb="Stop"
      refusal="Keep it running"
      isDanger
      act={() => api.post('/api/v1/runs/{run}/stop', { path: { run: key }, body: cause ? { cause } : {} })}
      onDone={reload}
      onClose={onClose}
    >
      {tasks.length > 0 && (
        <ul className="plan">
          {tasks.slice(0, 12).map((task) => (
            <li key={task.path}>
              <span />
              <Foreign>{task.path}</Foreign>
            </li>
          ))}
          {tasks.length > 12 && <li>and {tasks.length - 12} more</li>}
        </ul>
      )}
      <label className="field">
        <span>Cause</span>
        <input
          className="input"
          value={cause}
          onChange={(event) => setCause(event.target.value)}
          maxLength={1000}
        />
        <small>Stands in the run and in the audit log, under your name.</small>
      </label>
    </Confirm>
  );
}
