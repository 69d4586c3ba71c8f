import { useQuery } from '@/api';
import { Dialog, Foreign, Skeleton } from '@/components';
import { StartForm } from '@/components/StartForm';

/** A run of the version in force: its input is that of the last run, until it is changed. */
export function StartDialog({ workflow, onClose }: { workflow: string; onClose: () => void }) {
  const runs = useQuery('/api/v1/runs', { query: { workflow: [workflow], limit: 1 } });
  const last = runs.data?.items[0]?.run;
  const history = useQuery(
    '/api/v1/runs/{run}/history',
    last === undefined ? null : { path: { run: String(last) }, query: { limit: 1 } },
  );
  const explanation = useQuery('/api/v1/workflows/{workflow}/explain', { path: { workflow } });
  const waits = (explanation.data?.reasons ?? []).filter((reason) =>
    /FULL|PAUSED|WAIT|LIMIT/.test(reason.code),
  );
  const isKnown =
    runs.data !== undefined &&
    (last === undefined || history.data !== undefined || history.error !== undefined);
  if (!isKnown) {
    return (
      <Dialog title={`Start ${workflow}`} onClose={onClose}>
        <Skeleton />
      </Dialog>
    );
  }
  const begun = history.data?.items[0]?.['executionStartedEventDetails'] as { input?: unknown } | undefined;
  const input = typeof begun?.input === 'string' ? begun.input : '{}';
  const from = runs.data?.items[0]?.name;
  return (
    <StartForm
      title={
        <>
          Start <Foreign>{workflow}</Foreign>
        </>
      }
      lede={waits.length ? waits.map((reason) => reason.text).join('; ') : undefined}
      workflow={workflow}
      input={input}
      inputNote={from === undefined ? undefined : `That of ${from}`}
      onClose={onClose}
    />
  );
}
