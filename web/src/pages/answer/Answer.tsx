import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { ApiError } from '@/api';
import { Brand } from '@/app/Shell';
import { useTitle } from '@/app/title';
import { Button, Foreign, Note, Skeleton, Time } from '@/components';
import { AnswerForm } from '@/components/callback/AnswerForm';
import { ask, linkOf, type Done, type Link, type Question } from '@/components/callback/answers';
import { QuestionView } from '@/components/callback/QuestionView';
import './page.css';

const subscribe = (tell: () => void) => {
  window.addEventListener('hashchange', tell);
  return () => window.removeEventListener('hashchange', tell);
};

/** What a signed link asks, for who is not signed in. It stands behind the `#`, so that no server's log has it. */
export default function Answer() {
  const text = useSyncExternalStore(subscribe, () => window.location.hash.slice(1));
  const link = linkOf(text);
  return (
    <main className="answer">
      <h1 className="visually-hidden">A task waits for you</h1>
      <Brand />
      <section className="card answer__box" aria-label="What is asked">
        {link ? (
          <Asked key={text} link={link} />
        ) : (
          <Note icon="warn" title="This link is not whole">
            <p>
              Something cut it short on its way. Open it from the message that it came with, or copy all of
              it.
            </p>
          </Note>
        )}
      </section>
    </main>
  );
}

function Asked({ link }: { link: Link }) {
  const [question, setQuestion] = useState<Question>();
  const [error, setError] = useState<ApiError>();
  const [done, setDone] = useState<Done>();
  const { id, link: text } = link;
  const look = useCallback(async () => {
    try {
      setQuestion(await ask({ id, link: text }));
      setError(undefined);
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      setError(caught);
    }
  }, [id, text]);
  useEffect(() => {
    // eslint-disable-next-line react-hooks/set-state-in-effect -- set when the answer is there
    void look();
  }, [look]);
  useTitle(done ?? question?.state ?? 'A task waits');
  if (done) {
    return (
      <Note icon={done === 'Rejected' ? 'failed' : 'succeeded'} title={done}>
        <p role="status">The run goes on. You can close this page.</p>
      </Note>
    );
  }
  if (error) return <Refused link={link} error={error} retry={() => void look()} />;
  if (!question) return <Skeleton rows={4} />;
  return (
    <div className="stack">
      <h2>
        <Foreign>{question.state}</Foreign>
      </h2>
      <QuestionView question={question} isLinked={false} />
      <AnswerForm way={link} maySendResult={question.scope === 'result'} onDone={setDone} />
      <p className="ink-3">
        This link is good until <Time at={new Date(link.until).toISOString()} />, and once.
      </p>
    </div>
  );
}

const over: Readonly<Record<number, readonly [title: string, text: string]>> = {
  401: ['This link is not known here', 'It was cut short, or is of another Stepwell.'],
  409: [
    'This is answered',
    'Somebody answered before, or the task or its run has ended. There is nothing more to do.',
  ],
  410: ['This link is over', 'Its time has passed. Who sent it can make another.'],
};

function Refused({ link, error, retry }: { link: Link; error: ApiError; retry: () => void }) {
  const said = over[error.status === 404 ? 409 : error.status];
  if (!said) {
    return (
      <Note icon="warn" title="This could not be read" actions={<Button onClick={retry}>Try again</Button>}>
        <p>{error.message}</p>
      </Note>
    );
  }
  return (
    <Note icon={error.status === 401 ? 'warn' : 'waiting'} title={said[0]}>
      <p role="status">{said[1]}</p>
      {error.status === 410 && (
        <p className="ink-3">
          It was good until <Time at={new Date(link.until).toISOString()} />.
        </p>
      )}
    </Note>
  );
}
