import { useState } from 'react';
import { api, ApiError, useQuery } from '@/api';
import { parseJson, printJson } from '@/components/json';
import { Button, Dialog, Foreign } from '@/components';
import { href, navigate } from '@/router';
import { useRun, useHistory } from './data';
import { detailsOf, textIn } from './history';

/** A new run of the workflow's newest version, with this input or another. */
export function AgainDialog({ onClose }: { onClose: () => void }) {
  const { key, overview } = useRun();
  const history = useHistory(key, 0);
  const begun = history.events[0];
  const input = begun && textIn(detailsOf(begun), 'input');
  if (input === undefined) return null;
  return (
    <Form workflow={overview.run.workflow} newest={overview.version.newest} input={input} onClose={onClose} />
  );
}

interface FormProps {
  workflow: string;
  newest: number | null;
  input: string;
  onClose: () => void;
}

function Form({ workflow, newest, input, onClose }: FormProps) {
  const node = parseJson(input);
  const [text, setText] = useState(node ? printJson(node, '  ') : input);
  const [name, setName] = useState('');
  const [error, setError] = useState<ApiError>();
  const isJson = parseJson(text) !== undefined;
  const names = useQuery('/api/v1/runs', name ? { query: { workflow: [workflow], name, limit: 1 } } : null);
  const isTaken = name !== '' && (names.data?.items.length ?? 0) > 0;
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
      title="Run again"
      lede={
        <>
          A new run of <Foreign>{workflow}</Foreign>, version {newest ?? 'unknown'}.
        </>
      }
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" onClick={onClose}>
            Not now
          </Button>
          <Button
            kind="primary"
            icon="again"
            impossible={
              !isJson
                ? 'The input is no JSON'
                : isTaken
                  ? 'There is a run of that name'
                  : newest === null
                    ? 'The workflow is deleted'
                    : undefined
            }
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
        <small className={isJson ? undefined : 'is-wrong'}>{isJson ? 'JSON' : 'This is no JSON yet.'}</small>
      </label>
      <label className="field">
        <span>Name</span>
        <input
          className="input"
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <small className={isTaken ? 'is-wrong' : undefined}>
          {isTaken
            ? 'There is a run of that name.'
            : 'Empty: one is made. A start under the same name is one run.'}
        </small>
      </label>
      {error && (
        <p className="wrong" role="alert">
          {error.message}
        </p>
      )}
    </Dialog>
  );
}
