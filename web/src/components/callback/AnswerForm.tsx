import { useState } from 'react';
import { ApiError } from '@/api';
import { Button, Refusal, Segmented } from '@/components';
import { approve, jsonFault, reject, sendResult, type Done, type Way } from './answers';

type Mode = 'decide' | 'result';

interface AnswerFormProps {
  way: Way;
  /** A result may be sent, too. */
  maySendResult: boolean;
  onDone: (done: Done) => void;
}

/** Approve, reject with a reason, or a result of one's own: sent once. */
export function AnswerForm({ way, maySendResult, onDone }: AnswerFormProps) {
  const [mode, setMode] = useState<Mode>('decide');
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const act = async (answer: () => Promise<Done>) => {
    setBusy(true);
    setError(undefined);
    try {
      onDone(await answer());
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setError(caught);
      setBusy(false);
    }
  };
  const parts = { way, isBusy, act: (answer: () => Promise<Done>) => void act(answer) };
  return (
    <div className="stack">
      {maySendResult && (
        <Segmented
          label="How to answer"
          value={mode}
          options={[
            { value: 'decide', text: 'Approve or reject' },
            { value: 'result', text: 'Send a result' },
          ]}
          onChange={setMode}
        />
      )}
      {mode === 'decide' ? <Decision {...parts} /> : <Result {...parts} />}
      <Refusal error={error} />
    </div>
  );
}

interface PartProps {
  way: Way;
  isBusy: boolean;
  act: (answer: () => Promise<Done>) => void;
}

const underWay = 'It is under way';

function Decision({ way, isBusy, act }: PartProps) {
  const [words, setWords] = useState('');
  const busy = isBusy ? underWay : undefined;
  return (
    <>
      <label className="field">
        <span>Comment or reason</span>
        <textarea
          className="input"
          rows={3}
          maxLength={4096}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <small>Stands in the run. To reject, say why.</small>
      </label>
      <div className="answer__buttons">
        <Button
          kind="danger"
          impossible={busy ?? (words.trim() ? undefined : 'Say why first')}
          onClick={() => act(() => reject(way, words.trim()))}
        >
          Reject
        </Button>
        <Button kind="primary" impossible={busy} onClick={() => act(() => approve(way, words.trim()))}>
          Approve
        </Button>
      </div>
    </>
  );
}

function Result({ way, isBusy, act }: PartProps) {
  const [text, setText] = useState('{}');
  const fault = jsonFault(text);
  return (
    <>
      <label className="field">
        <span>Result, as JSON</span>
        <textarea
          className="input input--code"
          rows={8}
          spellCheck={false}
          autoCapitalize="none"
          value={text}
          aria-invalid={fault !== undefined}
          onChange={(event) => setText(event.target.value)}
        />
        {fault && <small className="is-wrong">{fault}</small>}
      </label>
      <div className="answer__buttons">
        <Button
          kind="primary"
          impossible={isBusy ? underWay : fault}
          onClick={() => act(() => sendResult(way, text))}
        >
          Send the result
        </Button>
      </div>
    </>
  );
}
