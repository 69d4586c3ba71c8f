import { useId, useState } from 'react';
import { useZone } from '@/app/settings';
import { Button, Dialog } from '@/components';
import { formatIso } from '@/formats';
import { useSetQuery } from '@/router';

/** Asks from when to when, in the reader's zone. */
export function CustomSpan({ onClose }: { onClose: () => void }) {
  const [zone] = useZone();
  const setQuery = useSetQuery();
  const [begin] = useState(Date.now);
  const local = (ms: number) => formatIso(ms, zone).slice(0, 16);
  const [from, setFrom] = useState(local(begin - 86_400_000));
  const [to, setTo] = useState(local(begin));
  const form = useId();
  const at = (text: string) => new Date(zone === 'UTC' ? `${text}Z` : text);
  const isGood = at(from) < at(to);
  const submit = () => {
    if (!isGood) return;
    setQuery({ range: undefined, brush: undefined, from: at(from).toISOString(), to: at(to).toISOString() });
    onClose();
  };
  return (
    <Dialog
      title="Time range"
      lede={`Runs that started in between. Times are in ${zone}.`}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            form={form}
            impossible={isGood ? undefined : '“From” has to be before “To”'}
          >
            Show
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <label className="field">
          <span>From</span>
          <input
            className="input"
            type="datetime-local"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </label>
        <label className="field">
          <span>To</span>
          <input
            className="input"
            type="datetime-local"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </label>
      </form>
    </Dialog>
  );
}
