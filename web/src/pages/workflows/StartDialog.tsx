import { useState } from 'react';
import { api, ApiError, useQuery } from '@/api';
import { parseJson, printJson } from '@/components/json';
import { Button, Dialog, Foreign, Skeleton } from '@/components';
import { href, navigate } from '@/router';

/** A run of the version in force: its input is that of the last run, until it is changed. */
export function StartDialog({ workflow, onClose }: { workflow: string; onClose: () => void }) {
  const runs = useQuery('/api/v1/runs', { query: { workflow: [workflow], limit: 1 } });
  const last = runs.data?.items[0]?.run;
  const history = useQuery(
    '/api/v1/runs/{run}/history',
    last === undefined ? null : { path: { run: String(last) }, query: { limit: 1 } },
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
  return <Form workflow={workflow} input={input} from={runs.data?.items[0]?.name} onClose={onClose} />;
}

function Form({
  workflow,
  input,
  from,
  onClose,
}: {
  workflow: string;
  input: string;
  from: string | undefined;
  onClose: () => void;
}) {
  const node = parseJson(input);
  const [text, setText] = useState(node ? printJson(node, '  ') : input);
  const [name, setName] = useState('');
  const [error, setError] = useState<ApiError>();
  const isJson = parseJson(text) !== undefined;
  const explanation = useQuery('/api/v1/workflows/{workflow}/explain', { path: { workflow } });
  const waits = (explanation.data?.reasons ?? []).filter((reason) =>
    /FULL|PAUSED|WAIT|LIMIT/.test(reason.code),
  );
  const start = async () => {
    try {
      // The text goes as it is: no digit of a number is lost on the way.
      const body = `{"workflow":${JSON.stringify(workflow)},${name ? `"name":${JSON.stringify(name)},` : ''}"input":${text}}`;
      const made = await api.postText('/api/v1/runs', body);
      onClose();
      navigate(href('/runs/:workflow/:name', { workflow, name: made.name }));
    } catch (caught) {
      if (caught instanceof ApiError) setError(caught);
    }
  };
  return (
    <Dialog
      title={
        <>
          Start <Foreign>{workflow}</Foreign>
        </>
      }
      lede={waits.length ? waits.map((reason) => reason.text).join('; ') : undefined}
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button
            kind="primary"
            icon="again"
            impossible={isJson ? undefined : 'The input is no JSON'}
            onClick={() => void start()}
          >
            Start
          </Button>
        </>
      }
    >
      <label className="field">
        <span>Input</span>
        <textarea
          className="input input--code"
          rows={12}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <small className={isJson ? undefined : 'is-wrong'}>
          {isJson ? (from === undefined ? 'JSON' : `That of ${from}`) : 'This is no JSON yet.'}
        </small>
      </label>
      <label className="field">
        <span>Name</span>
        <input
          className="input"
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <small>Empty: one is made. A start under the same name is one run.</small>
      </label>
      {error && (
        <p className="wrong" role="alert">
          {error.message}
        </p>
      )}
    </Dialog>
  );
}
