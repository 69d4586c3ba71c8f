import { Foreign } from '@/components';
import { StartForm } from '@/components/StartForm';
import { useRun, useHistory } from './data';
import { detailsOf, textIn } from './history';

/** A new run of the workflow's newest version, with this input or another. */
export function AgainDialog({ onClose }: { onClose: () => void }) {
  const { key, overview } = useRun();
  const history = useHistory(key, 0);
  const begun = history.events[0];
  const input = begun && textIn(detailsOf(begun), 'input');
  if (input === undefined) return null;
  const { workflow } = overview.run;
  const { newest } = overview.version;
  return (
    <StartForm
      title="Run again"
      lede={
        <>
          A new run of <Foreign>{workflow}</Foreign>, version {newest ?? 'unknown'}.
        </>
      }
      workflow={workflow}
      input={input}
      impossible={newest === null ? 'The workflow is deleted' : undefined}
      onClose={onClose}
    />
  );
}
