import { useState } from 'react';
import { api, ApiError, useLiveReload, useMay, useQuery } from '@/api';
import {
  Ago,
  Button,
  CopyButton,
  Dialog,
  Foreign,
  Loaded,
  Refusal,
  Segmented,
  Status,
  Time,
} from '@/components';
import { AnswerForm } from '@/components/callback/AnswerForm';
import type { Callback, Question } from '@/components/callback/answers';
import { QuestionView } from '@/components/callback/QuestionView';
import { anyText, href, Link, useQueryValue } from '@/router';
import { List } from './List';

/** What waits for a task token, a worker or a person. */
export default function Approvals() {
  const [workflow] = useQueryValue('workflow', anyText, '');
  const [chosen, setChosen] = useQueryValue('callback', anyText, '');
  const callbacks = useQuery('/api/v1/callbacks', {
    query: { limit: 200, ...(workflow ? { workflow } : {}) },
  });
  useLiveReload(callbacks.reload, callbacks.data?.as_of, { every: 2000 });
  const may = useMay('operator');
  return (
    <>
      <List
        title="Approvals and callbacks"
        one="task waits"
        many="tasks wait"
        query={callbacks}
        rowKey={(one) => one.id}
        tools={workflow ? <OfOneWorkflow workflow={workflow} /> : undefined}
        foot={
          callbacks.data?.complete === false
            ? 'There are more open runs than were looked into: the newest are here.'
            : undefined
        }
        columns={[
          {
            id: 'state',
            head: 'Waits',
            cell: (one: Callback) => <Status status="waiting" word={wordOf(one)} />,
          },
          { id: 'name', head: 'State', isWide: true, cell: (one) => <Foreign>{one.state}</Foreign> },
          {
            id: 'run',
            head: 'Run',
            cell: (one) => (
              <Link to={href('/runs/:workflow/:name', { workflow: one.workflow, name: one.name })}>
                <Foreign>{`${one.workflow} ${one.name}`}</Foreign>
              </Link>
            ),
          },
          { id: 'since', head: 'Since', cell: (one) => <Ago at={one.since} /> },
          { id: 'until', head: 'Until', cell: (one) => <Until of={one} /> },
          {
            id: 'act',
            head: <span className="visually-hidden">Actions</span>,
            cell: (one) => (
              <Button small kind={may ? 'plain' : 'quiet'} onClick={() => setChosen(one.id)}>
                {may ? 'Answer…' : 'Look…'}
              </Button>
            ),
          },
        ]}
        empty={{
          icon: 'waiting',
          title: 'Nothing waits for an answer',
          text: (
            <>
              A state whose <code>Resource</code> ends in <code>.waitForTaskToken</code> waits here for a
              person, an activity for a worker.
            </>
          ),
        }}
      />
      {chosen && <Chosen key={chosen} id={chosen} onClose={() => setChosen('')} onDone={callbacks.reload} />}
    </>
  );
}

const wordOf = (one: Callback) =>
  one.kind === 'activity' ? (one.taken ? 'A worker has it' : 'For a worker') : 'For an answer';

function OfOneWorkflow({ workflow }: { workflow: string }) {
  return (
    <>
      of <Foreign>{workflow}</Foreign>, <Link to="/operations/approvals">all workflows</Link>
    </>
  );
}

function Until({ of }: { of: Callback }) {
  const due = of.due ?? of.heartbeat_due;
  return due ? <Time at={due} /> : <span className="ink-3">no timeout</span>;
}

interface ChosenProps {
  id: string;
  onClose: () => void;
  onDone: () => void;
}

/** One of them: what it asks, its answer, and a link for who is not signed in. */
function Chosen({ id, onClose, onDone }: ChosenProps) {
  const question = useQuery('/api/v1/callbacks/{id}', { path: { id } });
  const title = question.data?.state ?? 'A task that waits';
  const finish = () => {
    onDone();
    onClose();
  };
  return (
    <Dialog
      title={<Foreign>{title}</Foreign>}
      onClose={onClose}
      foot={<Button onClick={onClose}>Close</Button>}
    >
      {question.error?.status === 409 ? (
        <p role="status">It waits no more: it was answered, timed out, or its run has ended.</p>
      ) : (
        <Loaded query={question}>{(found) => <Answerable question={found} onDone={finish} />}</Loaded>
      )}
    </Dialog>
  );
}

function Answerable({ question, onDone }: { question: Question; onDone: () => void }) {
  const isForPeople = question.kind === 'callback' || question.taken;
  return (
    <div className="stack">
      <QuestionView question={question} isLinked />
      {question.scope !== null && isForPeople && (
        <>
          <AnswerForm way={{ id: question.id }} maySendResult onDone={onDone} />
          <LinkMaker id={question.id} />
        </>
      )}
      {!isForPeople && <p className="ink-2">No worker has taken it yet: until then it cannot be answered.</p>}
    </div>
  );
}

const spans = [
  { value: '86400', text: 'A day' },
  { value: '604800', text: 'A week' },
  { value: '2592000', text: '30 days' },
] as const;

/** A link that lets whoever holds it answer: for a mail or a chat. */
function LinkMaker({ id }: { id: string }) {
  const [span, setSpan] = useState<(typeof spans)[number]['value']>('86400');
  const [made, setMade] = useState<{ path: string; expires_at: string }>();
  const [error, setError] = useState<ApiError>();
  const make = async () => {
    try {
      setMade(
        await api.post('/api/v1/callbacks/{id}/links', {
          path: { id },
          body: { scope: 'decide', expires_in: Number(span) },
        }),
      );
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setError(caught);
    }
  };
  const address = made && window.location.origin + made.path;
  return (
    <details>
      <summary>A link for who is not signed in</summary>
      <div className="stack">
        <p className="ink-2">Whoever has it may approve or reject this task, once.</p>
        <div className="filters">
          <Segmented label="Good for" value={span} options={spans} onChange={setSpan} />
          <Button small onClick={() => void make()}>
            Make a link
          </Button>
        </div>
        {made && address && (
          <p className="token" role="status">
            <code>{address}</code> <CopyButton text={address}>Copy</CopyButton>
            <span className="ink-3">
              good until <Time at={made.expires_at} />
            </span>
          </p>
        )}
        <Refusal error={error} />
      </div>
    </details>
  );
}
