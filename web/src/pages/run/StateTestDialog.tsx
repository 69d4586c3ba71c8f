import { useState } from 'react';
import { ApiError } from '@/api';
import { Button, Dialog, Foreign, Refusal, Segmented, Status } from '@/components';
import { jsonFault } from '@/components/callback/answers';
import { JsonView, parseJson, printJson } from '@/components/json';
import { useRun } from './data';
import { askTrial } from './StagesView';
import { trialBody, type Mock, type TrialAnswer, type TrialQuestion } from './trial';

const laidOut = (text: string): string => {
  const node = parseJson(text);
  return node ? printJson(node, '  ') : text;
};

const words: Record<string, [status: string, word: string]> = {
  succeeded: ['succeeded', 'Succeeded'],
  failed: ['failed', 'Failed'],
  retriable: ['retrying', 'Would be tried again'],
  caught: ['caught', 'Caught'],
  needs_mock: ['waiting', 'Stops before its work: say what that gives'],
};

/** One state, tried with another input: no task is run and nothing changes. */
export default function StateTestDialog({
  question,
  onClose,
}: {
  question: TrialQuestion;
  onClose: () => void;
}) {
  const { overview } = useRun();
  const [input, setInput] = useState(() => laidOut(question.input));
  const [gives, setGives] = useState<'result' | 'error'>(
    question.mock && 'error' in question.mock ? 'error' : 'result',
  );
  const [result, setResult] = useState(() =>
    question.mock && 'result' in question.mock ? laidOut(question.mock.result) : '',
  );
  const [error, setError] = useState(question.mock && 'error' in question.mock ? question.mock.error : '');
  const [answer, setAnswer] = useState<TrialAnswer>();
  const [refused, setRefused] = useState<ApiError>();
  const fault = jsonFault(input) ?? (gives === 'result' && result.trim() ? jsonFault(result) : undefined);
  const test = async () => {
    const mock = mockOf(gives, result, error);
    try {
      setRefused(undefined);
      setAnswer(await askTrial(overview.run.workflow, trialBody({ ...question, input, mock })));
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setAnswer(undefined);
      setRefused(caught);
    }
  };
  return (
    <Dialog
      title={
        <>
          Test <Foreign>{question.state}</Foreign>
        </>
      }
      lede="It is evaluated as a run would: no task is run, and nothing changes."
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" onClick={onClose}>
            Close
          </Button>
          <Button kind="primary" impossible={fault} onClick={() => void test()}>
            Test
          </Button>
        </>
      }
    >
      <Code label="Input" text={input} setText={setInput} rows={6} />
      <Segmented
        label="What its work gives"
        value={gives}
        options={[
          { value: 'result', text: 'Its work gives a result' },
          { value: 'error', text: 'an error' },
        ]}
        onChange={setGives}
      />
      {gives === 'result' ? (
        <Code
          label="Result of its work; empty where it has none"
          text={result}
          setText={setResult}
          rows={4}
        />
      ) : (
        <label className="field">
          <span>Error</span>
          <input className="input" value={error} onChange={(event) => setError(event.target.value)} />
        </label>
      )}
      {fault && <p className="wrong">{fault}</p>}
      <Refusal error={refused} />
      {answer && <Outcome answer={answer} />}
    </Dialog>
  );
}

function mockOf(gives: 'result' | 'error', result: string, error: string): Mock | undefined {
  if (gives === 'error') return error ? { error } : undefined;
  return result.trim() ? { result } : undefined;
}

interface CodeProps {
  label: string;
  text: string;
  setText: (text: string) => void;
  rows: number;
}

function Code({ label, text, setText, rows }: CodeProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <textarea
        className="input input--code"
        rows={rows}
        spellCheck={false}
        autoCapitalize="none"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </label>
  );
}

function Outcome({ answer }: { answer: TrialAnswer }) {
  const [status, word] = words[answer.status] ?? ['waiting', answer.status];
  return (
    <section className="stack" aria-label="What it gives" aria-live="polite">
      <p>
        <Status status={status} word={word} />{' '}
        {answer.next !== undefined && (
          <span className="ink-2">
            then <Foreign>{answer.next}</Foreign>
          </span>
        )}
        {answer.error !== undefined && (
          <>
            <Foreign code>{answer.error}</Foreign> {answer.cause && <Foreign>{answer.cause}</Foreign>}
          </>
        )}
      </p>
      {answer.output !== undefined && <JsonView text={answer.output} label="Output" />}
      {answer.output === undefined && answer.stages.get('params') !== undefined && (
        <JsonView text={answer.stages.get('params') ?? ''} label="What its work would get" />
      )}
    </section>
  );
}
