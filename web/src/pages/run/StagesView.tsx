import { useEffect, useMemo, useState } from 'react';
import { send } from '@/api';
import { Button, later, Segmented } from '@/components';
import { DiffView } from '@/components/diff';
import { fieldsOf, type State } from '@/components/graph/definition';
import { JsonView, parseJson, printJson } from '@/components/json';
import { formatBytes } from '@/formats';
import { anyText, oneOf, useQueryValue } from '@/router';
import { useRun, type StateRow } from './data';
import { stagesOf, variablesAt, type Entry, type HistoryEvent, type Stage } from './history';
import {
  agrees,
  allStages,
  hasMore,
  isSame,
  recordedMock,
  trialAnswer,
  trialBody,
  type TrialAnswer,
  type TrialQuestion,
} from './trial';

const StateTestDialog = later(() => import('./StateTestDialog'));

/** Larger inputs are not sent to and fro to fill in a stage. */
const INPUT_MAX = 256_000;

interface StagesProps {
  entry: Entry;
  row: StateRow;
  state: State | undefined;
  entries: readonly Entry[];
  events: readonly HistoryEvent[];
}

const modes = oneOf('value', 'change');

/** From the state's input to its output, stage by stage; what the history does not have is worked out. */
export function StagesView({ entry, row, state, entries, events }: StagesProps) {
  const [named, setNamed] = useQueryValue('stage', anyText, '');
  const [mode, setMode] = useQueryValue<'value' | 'change'>('mode', modes, 'value');
  const [isTesting, setTesting] = useState(false);
  const recorded = useMemo(() => stagesOf(entry), [entry]);
  const question = useQuestion({ entry, row, entries, events }, recorded);
  const trial = useTrial(state && hasMore(recorded, state) ? question : undefined);
  const isTrusted = trial !== undefined && agrees(recorded, trial);
  const stages = allStages(recorded, state, isTrusted ? trial : undefined);
  const current = stages.find((stage) => stage.id === named) ?? firstOf(stages);
  const before = current && stages[stages.indexOf(current) - 1];
  return (
    <>
      <StageList
        stages={stages}
        state={state}
        current={current}
        hasEnded={row.status !== 'running'}
        choose={setNamed}
      />
      <div className="filters">
        {before?.text !== undefined && current?.text !== undefined && (
          <Segmented
            label="What is shown of a stage"
            value={mode}
            options={[
              { value: 'value', text: 'Value' },
              { value: 'change', text: 'Change' },
            ]}
            onChange={(next) => setMode(next, { replace: true })}
          />
        )}
        {question && (
          <Button small kind="quiet" onClick={() => setTesting(true)}>
            Test this state…
          </Button>
        )}
      </div>
      {trial && !isTrusted && (
        <p className="ink-3">
          What lies between is not shown: worked out again, it gives another output than the one recorded.
        </p>
      )}
      {current?.isComputed && (
        <p className="ink-3">Not recorded: worked out from the definition and what was recorded.</p>
      )}
      {current?.text !== undefined && (
        <StageValue stage={current} before={mode === 'change' ? before : undefined} />
      )}
      {isTesting && question && <StateTestDialog question={question} onClose={() => setTesting(false)} />}
    </>
  );
}

const firstOf = (stages: readonly Stage[]) =>
  stages.find((stage) => stage.failed) ?? stages.findLast((stage) => stage.text !== undefined) ?? stages[0];

function StageValue({ stage, before }: { stage: Stage; before: Stage | undefined }) {
  if (before?.text !== undefined)
    return (
      <DiffView
        before={laidOut(before.text)}
        after={laidOut(stage.text ?? '')}
        label={`Change by ${stage.name}`}
      />
    );
  return (
    <JsonView
      text={stage.text ?? ''}
      label={stage.name}
      base={stage.id === 'result' ? '$states.result' : '$states.input'}
    />
  );
}

const laidOut = (text: string): string => {
  const node = parseJson(text);
  return node ? printJson(node, '  ') : text;
};

interface StageListProps {
  stages: readonly Stage[];
  state: State | undefined;
  current: Stage | undefined;
  hasEnded: boolean;
  choose: (id: string, options: { replace: boolean }) => void;
}

function StageList({ stages, state, current, hasEnded, choose }: StageListProps) {
  const fields = fieldsOf(state);
  return (
    <nav className="stages" aria-label="Stages of input and output">
      {stages.map((stage, i) => (
        <a
          key={stage.id}
          href={`#stage=${stage.id}`}
          className={`stage${stage.failed ? ' is-failed' : ''}${stage.text === undefined ? ' is-not-reached' : ''}`}
          aria-current={stage === current ? 'true' : undefined}
          onClick={(event) => {
            event.preventDefault();
            choose(stage.id, { replace: true });
          }}
        >
          <span className="stage__mark" />
          <span className="stage__name">{stage.name}</span>
          <code className="stage__expr">{fields[stage.id]}</code>
          <span className="stage__delta">{deltaOf(stage, stages[i - 1], hasEnded && isLeft(stages))}</span>
        </a>
      ))}
    </nav>
  );
}

/** Whether the state was left: then what is not there was not recorded. */
const isLeft = (stages: readonly Stage[]) =>
  stages.some((one) => one.id === 'output' && one.text !== undefined);

function deltaOf(stage: Stage, before: Stage | undefined, isPast: boolean): string {
  if (stage.text === undefined) return isPast ? 'not recorded' : 'not reached';
  if (before?.text !== undefined && isSame(before.text, stage.text)) return 'same';
  return formatBytes(new TextEncoder().encode(stage.text).length);
}

type Recorded = Pick<StagesProps, 'entry' | 'row' | 'entries' | 'events'>;

/** What the state test is asked: the state as it was entered, and what its work gave. */
function useQuestion(
  { entry, row, entries, events }: Recorded,
  recorded: readonly Stage[],
): TrialQuestion | undefined {
  const { overview } = useRun();
  const { run, version } = overview;
  return useMemo(() => {
    const input = recorded[0]?.text;
    if (input === undefined || input.length > INPUT_MAX) return undefined;
    const begun = events[0];
    const runInput = begun?.type === 'ExecutionStarted' ? inputOf(begun) : undefined;
    const item = /\[(\d+)\][^[]*$/.exec(row.path)?.[1];
    const entered = entry.events[0];
    const context = {
      Execution: { Id: run.arn, Name: run.name, StartTime: run.started_at },
      State: {
        Name: entry.name,
        ...(entered ? { EnteredTime: new Date(entered.timestamp * 1000).toISOString() } : {}),
      },
      ...(item === undefined ? {} : { Map: { Item: { Index: Number(item) } } }),
    };
    return {
      state: entry.name,
      version: version.number,
      input,
      mock: recordedMock(entry, recorded),
      variables: variablesAt(entry, entries, events),
      context: withRunInput(JSON.stringify(context), runInput),
    };
  }, [entry, row, entries, events, recorded, run, version]);
}

function inputOf(event: HistoryEvent): string | undefined {
  const details = event['executionStartedEventDetails'] as { input?: string } | undefined;
  return details?.input;
}

/** The run's input as it stands in its text, into the context. */
const withRunInput = (context: string, input: string | undefined): string =>
  input === undefined ? context : context.replace('{"Execution":{', () => `{"Execution":{"Input":${input},`);

/** The answer to a question, once; where it cannot be asked (the version is gone), what is recorded stands alone. */
function useTrial(question: TrialQuestion | undefined): TrialAnswer | undefined {
  const { overview } = useRun();
  const { workflow } = overview.run;
  const body = question && trialBody(question);
  const [held, setHeld] = useState<{ body: string; answer: TrialAnswer }>();
  useEffect(() => {
    if (body === undefined) return;
    const giveUp = new AbortController();
    askTrial(workflow, body, giveUp.signal).then(
      (answer) => setHeld({ body, answer }),
      () => undefined,
    );
    return () => giveUp.abort();
  }, [workflow, body]);
  return held && held.body === body ? held.answer : undefined;
}

export async function askTrial(
  workflow: string,
  bodyText: string,
  signal?: AbortSignal,
): Promise<TrialAnswer> {
  const url = `/api/v1/workflows/${encodeURIComponent(workflow)}/state-test`;
  const response = await send('POST', url, { bodyText, ...(signal ? { signal } : {}) });
  return trialAnswer(await response.text());
}
