import { Ago, Elapsed, Foreign, Time } from '@/components';
import { JsonView } from '@/components/json/JsonView';
import { href, Link } from '@/router';
import type { Question } from './answers';
import './callback.css';

/** What is asked, of which run, since when and until when. `isLinked`: the run may be opened from here. */
export function QuestionView({ question, isLinked }: { question: Question; isLinked: boolean }) {
  const { workflow, name } = question;
  const run = <Foreign>{`${workflow} ${name}`}</Foreign>;
  const due = question.due ?? question.heartbeat_due;
  return (
    <>
      {question.comment && (
        <p>
          <Foreign>{question.comment}</Foreign>
        </p>
      )}
      <dl className="question">
        <dt>Run</dt>
        <dd>{isLinked ? <Link to={href('/runs/:workflow/:name', { workflow, name })}>{run}</Link> : run}</dd>
        <dt>Waits</dt>
        <dd>
          for <Elapsed since={question.since} />
        </dd>
        <dt>Until</dt>
        <dd>
          {due ? (
            <>
              <Time at={due} /> (<Ago at={due} />)
            </>
          ) : (
            'it is answered: no timeout ends it'
          )}
        </dd>
      </dl>
      {question.asked === null ? (
        <p className="ink-2">What the task was given is too large to show here; the run has it.</p>
      ) : (
        <div className="question__asked">
          <JsonView text={JSON.stringify(question.asked)} label="What the task was given" />
        </div>
      )}
    </>
  );
}
