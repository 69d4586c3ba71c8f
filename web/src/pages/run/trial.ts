// The stages between a state's input and output that the history does not record: worked out by the daemon's state
// test, with the input, the variables and the result that it does record.
import { parseJson, printJson, type Node } from '@/components/json/parse';
import type { State } from '@/components/graph/definition';
import { objectText, type Entry, type Stage } from './history';

export interface TrialAnswer {
  status: string;
  /** JSON text by the stage's id. */
  stages: ReadonlyMap<Stage['id'], string>;
  output: string | undefined;
  variables: string | undefined;
  next: string | undefined;
  error: string | undefined;
  cause: string | undefined;
}

/** What the task, the branches or the items gave: JSON text, or an error. */
export type Mock = { result: string } | { error: string; cause?: string };

export interface TrialQuestion {
  state: string;
  version: number;
  input: string;
  mock?: Mock | undefined;
  variables: ReadonlyMap<string, string>;
  context: string;
}

/** The request's body: texts stay as they are, with every digit. */
export function trialBody(question: TrialQuestion): string {
  const members = new Map([
    ['state', JSON.stringify(question.state)],
    ['version', String(question.version)],
    ['input', question.input],
    ['variables', objectText(question.variables)],
    ['context', question.context],
  ]);
  const { mock } = question;
  if (mock)
    members.set(
      'mock',
      'result' in mock ? objectText(new Map([['result', mock.result]])) : JSON.stringify(mock),
    );
  return objectText(members);
}

const ids: Record<string, Stage['id']> = {
  afterInputPath: 'path',
  afterItemsPath: 'items',
  afterItemSelector: 'itemselector',
  afterParameters: 'params',
  afterArguments: 'params',
  result: 'result',
  afterResultSelector: 'selector',
  afterResultPath: 'resultpath',
};

const member = (node: Node | undefined, key: string): Node | undefined =>
  node?.kind === 'object' ? node.members.find((one) => one.key === key)?.value : undefined;
const wordIn = (node: Node | undefined, key: string): string | undefined => {
  const found = member(node, key);
  return found?.kind === 'string' ? found.text : undefined;
};
const textOf = (node: Node | undefined): string | undefined => node && printJson(node);

export function trialAnswer(text: string): TrialAnswer {
  const root = parseJson(text);
  const stages = new Map<Stage['id'], string>();
  const listed = member(root, 'stages');
  for (const one of listed?.kind === 'array' ? listed.items : []) {
    const id = ids[wordIn(one, 'stage') ?? ''];
    const data = textOf(member(one, 'data'));
    if (id && data !== undefined) stages.set(id, data);
  }
  return {
    status: wordIn(root, 'status') ?? 'failed',
    stages,
    output: textOf(member(root, 'output')),
    variables: textOf(member(root, 'variables')),
    next: wordIn(root, 'next'),
    error: wordIn(root, 'error'),
    cause: wordIn(root, 'cause'),
  };
}

/** In the order in which they come, with the field of the definition that makes them. */
const between: readonly { id: Stage['id']; name: string; fields: readonly string[] }[] = [
  { id: 'path', name: 'InputPath', fields: ['InputPath'] },
  { id: 'items', name: 'Items', fields: ['ItemsPath', 'Items'] },
  { id: 'itemselector', name: 'ItemSelector', fields: ['ItemSelector'] },
  { id: 'params', name: 'Parameters', fields: ['Parameters', 'Arguments'] },
  { id: 'result', name: 'Task result', fields: ['Result'] },
  { id: 'selector', name: 'ResultSelector', fields: ['ResultSelector'] },
  { id: 'resultpath', name: 'ResultPath', fields: ['ResultPath'] },
];

/** Whether the state has a stage that the history does not record. */
export const hasMore = (recorded: readonly Stage[], state: State): boolean =>
  between.some(
    ({ id, fields }) => fields.some((field) => field in state) && !recorded.some((stage) => stage.id === id),
  );

/** All stages that the state has: those of the history, and between them what was worked out. */
export function allStages(
  recorded: readonly Stage[],
  state: State | undefined,
  trial: TrialAnswer | undefined,
): Stage[] {
  const held = new Map(recorded.map((stage) => [stage.id, stage]));
  const stages = between.flatMap(({ id, name, fields }): Stage[] => {
    const field = fields.find((one) => state !== undefined && one in state);
    const kept = held.get(id);
    if (kept) return [{ ...kept, name: id === 'params' ? (field ?? name) : kept.name }];
    if (field === undefined) return [];
    const text = trial?.stages.get(id);
    return [{ id, name: field, text, ...(text === undefined ? {} : { isComputed: true }) }];
  });
  const end = recorded.filter((stage) => stage.id === 'output' || stage.id === 'assign');
  return [...recorded.filter((stage) => stage.id === 'input'), ...stages, ...end];
}

/** Whether what was worked out ends in what was recorded; where nothing was, nothing contradicts. */
export function agrees(recorded: readonly Stage[], trial: TrialAnswer): boolean {
  const output = recorded.find((stage) => stage.id === 'output')?.text;
  return output === undefined || trial.output === undefined || isSame(output, trial.output);
}

/** The same value, whatever the order of the keys. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => parseJson(text));
  return left !== undefined && right !== undefined && printJson(sorted(left)) === printJson(sorted(right));
}

function sorted(node: Node): Node {
  if (node.kind === 'array') return { kind: 'array', items: node.items.map(sorted) };
  if (node.kind !== 'object') return node;
  const members = node.members.map(({ key, value }) => ({ key, value: sorted(value) }));
  return { kind: 'object', members: members.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) };
}

/** The work of these is done elsewhere: what it gave has to be said. */
export const hasWork = (kind: string): boolean => kind === 'Task' || kind === 'Map' || kind === 'Parallel';

/** What the history says the work gave; nothing where it does not say, or the work goes on. */
export function recordedMock(entry: Entry, recorded: readonly Stage[]): Mock | undefined {
  if (!hasWork(entry.kind)) return undefined;
  const failure = entry.events.findLast((event) => /(Failed|TimedOut)$/.test(event.type));
  const result = recorded.find((stage) => stage.id === 'result');
  if (result?.text !== undefined && !result.failed) return { result: result.text };
  const details = failure && Object.entries(failure).find(([key]) => key.endsWith('EventDetails'))?.[1];
  const { error, cause } = (details ?? {}) as { error?: string; cause?: string };
  return error === undefined ? undefined : { error, ...(cause === undefined ? {} : { cause }) };
}
