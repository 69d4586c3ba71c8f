import { useState, type ReactNode } from 'react';
import { api, useQuery } from '@/api';
import { href, navigate } from '@/router';
import { Confirm } from './Confirm';
import { parseJson, printJson } from './json';

interface StartFormProps {
  title: ReactNode;
  lede?: ReactNode;
  workflow: string;
  /** JSON text to begin with. */
  input: string;
  /** What is said of it while it is JSON: "That of 2001-06". */
  inputNote?: string | undefined;
  /** Why nothing can be started, whatever is typed. */
  impossible?: string | undefined;
  onClose: () => void;
}

/** Starts a run with an input that can be changed, and goes to it. */
export function StartForm({
  title,
  lede,
  workflow,
  input,
  inputNote = 'JSON',
  impossible,
  onClose,
}: StartFormProps) {
  const node = parseJson(input);
  const [text, setText] = useState(node ? printJson(node, '  ') : input);
  const [name, setName] = useState('');
  const isJson = parseJson(text) !== undefined;
  const names = useQuery('/api/v1/runs', name ? { query: { workflow: [workflow], name, limit: 1 } } : null);
  const isTaken = name !== '' && (names.data?.items.length ?? 0) > 0;
  const why = isJson ? (isTaken ? 'There is a run of that name' : impossible) : 'The input is no JSON';
  const start = async () => {
    // The text goes as it is: no digit of a number is lost on the way.
    const named = name ? `"name":${JSON.stringify(name)},` : '';
    const made = await api.postText(
      '/api/v1/runs',
      `{"workflow":${JSON.stringify(workflow)},${named}"input":${text}}`,
    );
    navigate(href('/runs/:workflow/:name', { workflow, name: made.name }));
  };
  return (
    <Confirm
      title={title}
      lede={lede}
      verb="Start"
      icon="again"
      impossible={why}
      act={start}
      onClose={onClose}
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
          {isJson ? inputNote : 'This is no JSON yet.'}
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
        <small className={isTaken ? 'is-wrong' : undefined}>
          {isTaken
            ? 'There is a run of that name.'
            : 'Empty: one is made. A start under the same name is one run.'}
        </small>
      </label>
    </Confirm>
  );
}
