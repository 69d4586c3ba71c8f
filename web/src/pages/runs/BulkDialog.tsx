import { useEffect, useState } from 'react';
import { api, ApiError } from '@/api';
import { Button, Dialog, Foreign, Icon, Refusal } from '@/components';
import { formatCount, formatNumber } from '@/formats';
import type { ApiFilter } from './filter';

export interface Bulk {
  verb: 'redrive' | 'stop';
  /** Numbers of runs; without them, all that the filter finds. */
  runs?: number[];
  filter: ApiFilter;
}

interface Answer {
  done: { run: number; name: string; workflow: string }[];
  refused: { run?: number; name?: string; workflow?: string; asked?: string; message: string }[];
  matched: number;
  total?: { count: number; exact: boolean };
  next?: string;
}

const words = {
  redrive: { title: 'Redrive', did: 'Redriven', of: 'redriven' },
  stop: { title: 'Stop', did: 'Stopped', of: 'stopped' },
} as const;

async function ask(bulk: Bulk, preview: boolean, after?: string): Promise<Answer> {
  const query = {
    ...(bulk.runs ? {} : bulk.filter),
    ...(preview ? { preview } : {}),
    ...(after ? { after } : {}),
  };
  const body = bulk.runs ? { runs: bulk.runs } : {};
  const path = bulk.verb === 'redrive' ? '/api/v1/bulk/redrive' : '/api/v1/bulk/stop';
  return await api.post(path, { query, body });
}

/** One plan for all; then what was done and what was refused, and why. */
export function BulkDialog({
  bulk,
  onClose,
  onDone,
}: {
  bulk: Bulk;
  onClose: () => void;
  onDone: () => void;
}) {
  const [plan, setPlan] = useState<Answer>();
  const [result, setResult] = useState<Answer>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const word = words[bulk.verb];
  const key = JSON.stringify(bulk);
  useEffect(() => {
    let isWanted = true;
    ask(JSON.parse(key) as Bulk, true).then(
      (answer) => isWanted && setPlan(answer),
      (caught: unknown) => isWanted && caught instanceof ApiError && setError(caught),
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  const act = async () => {
    setBusy(true);
    try {
      const all: Answer = { done: [], refused: [], matched: 0 };
      let after: string | undefined;
      do {
        const part = await ask(bulk, false, after);
        all.done.push(...part.done);
        all.refused.push(...part.refused);
        after = part.next;
      } while (after !== undefined);
      setResult(all);
      onDone();
    } catch (caught) {
      if (caught instanceof ApiError) setError(caught);
    }
    setBusy(false);
  };
  const shown = result ?? plan;
  const count = plan?.total?.count ?? plan?.done.length ?? 0;
  return (
    <Dialog
      title={
        result
          ? `${word.did} ${formatCount(result.done.length, 'run')}`
          : `${word.title} ${plan ? formatCount(count, 'run') : '…'}`
      }
      lede={
        shown && shown.refused.length > 0
          ? `${formatCount(shown.refused.length, 'run')} ${result ? 'were' : 'would be'} refused.`
          : undefined
      }
      onClose={onClose}
      foot={
        result ? (
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <>
            <Button kind="quiet" onClick={onClose}>
              Not now
            </Button>
            <Button
              kind={bulk.verb === 'stop' ? 'danger-solid' : 'primary'}
              impossible={
                isBusy ? 'It is under way' : plan && count > 0 ? undefined : 'There is nothing to do'
              }
              onClick={() => void act()}
            >
              {word.title} {plan ? formatNumber(count) : ''}
            </Button>
          </>
        )
      }
    >
      {shown && (
        <ul className="plan">
          {shown.refused.slice(0, 10).map((one, i) => (
            <li key={`r${i}`}>
              <Icon name="close" size="sm" />
              <Foreign>{`${one.workflow ?? ''} ${one.name ?? one.asked ?? one.run ?? ''}`}</Foreign>
              <span className="ink-3">{one.message}</span>
            </li>
          ))}
          {shown.done.slice(0, 10).map((one) => (
            <li key={one.run}>
              <Icon name={bulk.verb === 'stop' ? 'stop' : 'redrive'} size="sm" />
              <Foreign>{`${one.workflow} ${one.name}`}</Foreign>
            </li>
          ))}
          {shown.done.length > 10 && (
            <li className="ink-3">and {formatNumber((result ? result.done.length : count) - 10)} more</li>
          )}
        </ul>
      )}
      <Refusal error={error} />
    </Dialog>
  );
}
