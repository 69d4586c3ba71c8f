import { Button, Segmented } from '@/components';
import { LogPanel } from '@/components/log';
import { useLog } from '@/components/log/useLog';
import { useQueryValue, wholeNumber, yesNo } from '@/router';
import { useRun, useStep, type StateRow } from './data';

/** The log of the chosen step; without one, of the whole run. */
export default function LogCard({ isAlone = false }: { isAlone?: boolean }) {
  const { key, overview, travel } = useRun();
  const { row } = useStep();
  const step = isTask(row) ? row : undefined;
  const [whole, setWhole] = useQueryValue('all', yesNo, false);
  const [attempt, setAttempt] = useQueryValue('attempt', wholeNumber, 0);
  const ofStep = step !== undefined && !whole;
  const chosen = ofStep ? (step.attempts?.[attempt - 1] ?? step.attempts?.at(-1)) : undefined;
  const isLive = !travel && overview.run.status === 'running' && (!ofStep || step.status === 'running');
  const log = useLog({
    run: key,
    ...(ofStep ? { state: step.state, frame: step.frame, attempt: chosen?.attempt } : {}),
    follow: isLive,
  });
  if (!isAlone && !log.isLoading && log.lines.length === 0 && !log.error) return null;
  return (
    <LogPanel
      title="Log"
      label="Log"
      log={log}
      isLive={isLive}
      note={ofStep ? step.path : 'of the whole run'}
      before={
        <>
          {ofStep && (step.attempts?.length ?? 0) > 1 && (
            <Segmented
              label="Attempt"
              value={String(attempt || step.attempts?.length)}
              options={(step.attempts ?? []).map((_, i) => ({
                value: String(i + 1),
                text: `Attempt ${i + 1}`,
              }))}
              onChange={(value) => setAttempt(Number(value))}
            />
          )}
          {step && (
            <Button small kind="quiet" aria-pressed={whole} onClick={() => setWhole(!whole)}>
              {whole ? 'Of this step' : 'Of the run'}
            </Button>
          )}
        </>
      }
      behind={
        <Button
          small
          kind="quiet"
          icon="download"
          label="Download log"
          onClick={() => download(log.lines.map((line) => line.text).join('\n'), `${overview.run.name}.log`)}
        />
      }
    />
  );
}

const isTask = (row: StateRow | undefined): row is StateRow => row?.type === 'Task';

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
