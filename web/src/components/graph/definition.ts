// The definition as a tree of states: what the graph is made of, and what a step's fields say.
import type { IconName } from '@/components/icons';

export type State = Record<string, unknown>;
export interface Machine {
  StartAt: string;
  States: Record<string, State>;
}

export const isMachine = (value: unknown): value is Machine =>
  typeof value === 'object' && value !== null && 'States' in value && 'StartAt' in value;

/** The machines within a state: the branches of a Parallel, the processor of a Map. */
export function machinesIn(state: State): Machine[] {
  const branches = state['Branches'];
  if (Array.isArray(branches)) return branches.filter(isMachine);
  const inner = state['ItemProcessor'] ?? state['Iterator'];
  return isMachine(inner) ? [inner] : [];
}

/** Whether a Map of it starts a run for each item. */
export const hasDistributedMap = (machine: unknown): boolean =>
  isMachine(machine) &&
  Object.values(machine.States).some((state) => {
    const processor = state['ItemProcessor'] as { ProcessorConfig?: { Mode?: unknown } } | undefined;
    return processor?.ProcessorConfig?.Mode === 'DISTRIBUTED' || machinesIn(state).some(hasDistributedMap);
  });

/** The state at `Each month/Validate`; names may hold a slash. */
export function definitionAt(machine: unknown, path: string): State | undefined {
  if (!isMachine(machine)) return undefined;
  for (const [name, state] of Object.entries(machine.States)) {
    if (path === name) return state;
    if (!path.startsWith(`${name}/`)) continue;
    for (const inner of machinesIn(state)) {
      const found = definitionAt(inner, path.slice(name.length + 1));
      if (found) return found;
    }
  }
  return undefined;
}

/** What the state says of each stage, in one line. */
export function fieldsOf(state: State | undefined): Record<string, string> {
  const short = (key: string) => {
    const value = state?.[key];
    if (value === undefined) return '';
    if (typeof value === 'string') return value;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? `{${Object.keys(value).join(', ')}}`
      : JSON.stringify(value);
  };
  return {
    path: short('InputPath'),
    items: short('ItemsPath') || short('Items'),
    itemselector: short('ItemSelector'),
    params: short('Parameters') || short('Arguments'),
    result: short('Result'),
    selector: short('ResultSelector'),
    resultpath: short('ResultPath'),
    output: short('Output') || short('OutputPath'),
    assign: short('Assign'),
  };
}

const kinds: Record<string, IconName> = {
  Choice: 'choice',
  Wait: 'waiting',
  Map: 'map',
  Parallel: 'parallel',
  Task: 'task',
  Pass: 'chev-r',
  Succeed: 'succeeded',
  Fail: 'failed',
};
const tasks: [RegExp, IconName][] = [
  [/validate/, 'validate'],
  [/etl|glue/, 'etl'],
  [/unload/, 'unload'],
  [/load/, 'load'],
  [/transform|dbt/, 'transform'],
  [/refresh/, 'refresh'],
  [/notify|sns|sqs/, 'notify'],
  [/http|webhook|api/, 'webhook'],
  [/startExecution/, 'sub'],
  [/file|s3/, 'file'],
];

export function iconOf(type: string, resource?: string): IconName {
  if (type === 'Task' && resource) return tasks.find(([wanted]) => wanted.test(resource))?.[1] ?? 'task';
  return kinds[type] ?? 'task';
}
