// A definition as nodes, lanes and edges: what is laid out, and what the page draws.
import { iconOf, machinesIn, type Machine, type State } from './definition';
import type { IconName } from '../icons';

export interface GraphNode {
  /** Its place in the definition: `Each month/Validate`. */
  id: string;
  name: string;
  type: string;
  icon: IconName;
  /** Of lanes: the states within, a list for each branch. */
  branches: GraphMachine[];
  /** "Map, 2 at once" */
  note: string;
  isFolded: boolean;
}

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  kind: 'next' | 'choice' | 'catch';
  label: string;
}

export interface GraphMachine {
  start: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** States that end it. */
  ends: string[];
}

const FOLD_ABOVE = 300;

const isLane = (state: State) => state['Type'] === 'Map' || state['Type'] === 'Parallel';

function countStates(machine: Machine): number {
  return Object.values(machine.States).reduce(
    (sum, state) => sum + 1 + machinesIn(state).reduce((inner, one) => inner + countStates(one), 0),
    0,
  );
}

/** The graph of a definition. Over 300 states, lanes are folded but those in `open`. */
export function graphOf(machine: Machine, open: ReadonlySet<string>): GraphMachine {
  const isLarge = countStates(machine) > FOLD_ABOVE;
  const build = (one: Machine, prefix: string): GraphMachine => {
    const names = inOrder(one);
    const id = (name: string) => prefix + name;
    const nodes = names.map((name): GraphNode => {
      const state = one.States[name] ?? {};
      const isFolded = isLane(state) && isLarge && !open.has(id(name));
      return {
        id: id(name),
        name,
        type: textOf(state['Type']),
        icon: iconOf(textOf(state['Type']), textOf(state['Resource'])),
        branches: isFolded ? [] : machinesIn(state).map((inner) => build(inner, `${id(name)}/`)),
        note: noteOf(state),
        isFolded,
      };
    });
    const edges = names.flatMap((name) => edgesOf(one, name, id));
    const ends = names.filter((name) => isEnd(one.States[name] ?? {})).map(id);
    return { start: id(one.StartAt), nodes, edges, ends };
  };
  return build(machine, '');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const isEnd = (state: State) =>
  state['End'] === true || state['Type'] === 'Succeed' || state['Type'] === 'Fail';

/** As the flow goes; what nothing leads to comes last. */
function inOrder(machine: Machine): string[] {
  const seen = new Set<string>();
  const walk = (name: string): void => {
    if (seen.has(name) || !machine.States[name]) return;
    seen.add(name);
    targetsOf(machine.States[name]).forEach(({ to }) => walk(to));
  };
  walk(machine.StartAt);
  Object.keys(machine.States).forEach(walk);
  return [...seen];
}

interface Target {
  to: string;
  kind: GraphEdge['kind'];
  label: string;
}

function targetsOf(state: State): Target[] {
  const found: Target[] = [];
  if (typeof state['Next'] === 'string') found.push({ to: state['Next'], kind: 'next', label: '' });
  for (const rule of listIn(state, 'Choices')) {
    if (typeof rule['Next'] === 'string')
      found.push({ to: rule['Next'], kind: 'choice', label: ruleText(rule) });
  }
  if (typeof state['Default'] === 'string')
    found.push({ to: state['Default'], kind: 'choice', label: 'otherwise' });
  for (const catcher of listIn(state, 'Catch')) {
    const errors = Array.isArray(catcher['ErrorEquals'])
      ? catcher['ErrorEquals'].filter((one) => typeof one === 'string')
      : [];
    if (typeof catcher['Next'] === 'string')
      found.push({ to: catcher['Next'], kind: 'catch', label: `catch ${errors.join(', ')}` });
  }
  return found;
}

const listIn = (state: State, key: string): State[] =>
  Array.isArray(state[key])
    ? state[key].filter((one): one is State => typeof one === 'object' && one !== null)
    : [];

function edgesOf(machine: Machine, name: string, id: (name: string) => string): GraphEdge[] {
  const byTarget = new Map<string, GraphEdge>();
  for (const { to, kind, label } of targetsOf(machine.States[name] ?? {})) {
    if (!machine.States[to]) continue;
    const key = `${id(name)}→${id(to)}${kind === 'catch' ? '!' : ''}`;
    const there = byTarget.get(key);
    // Two rules that lead to the same state are one edge.
    if (there) there.label = [there.label, label].filter(Boolean).join(' or ');
    else byTarget.set(key, { id: key, from: id(name), to: id(to), kind, label: short(label) });
  }
  return [...byTarget.values()];
}

const LABEL_MAX = 32;
const short = (text: string) => (text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX - 1)}…` : text);

const operators: [RegExp, string][] = [
  [/GreaterThanEquals/, '≥'],
  [/LessThanEquals/, '≤'],
  [/GreaterThan/, '>'],
  [/LessThan/, '<'],
  [/Equals/, '='],
  [/Matches/, 'like'],
];

/** `rejected > 0` of `{"Variable": "$.rejected", "NumericGreaterThan": 0}`. */
export function ruleText(rule: State): string {
  if (typeof rule['Condition'] === 'string') return rule['Condition'].replace(/^\{%\s*|\s*%\}$/g, '');
  for (const [key, word] of [
    ['And', ' and '],
    ['Or', ' or '],
  ] as const) {
    if (Array.isArray(rule[key])) return listIn(rule, key).map(ruleText).join(word);
  }
  if (typeof rule['Not'] === 'object' && rule['Not'] !== null) return `not ${ruleText(rule['Not'] as State)}`;
  const variable = textOf(rule['Variable']).replace(/^\$\./, '');
  for (const [key, value] of Object.entries(rule)) {
    if (/^Is/.test(key))
      return `${variable} is ${value === false ? 'not ' : ''}${key.slice(2).toLowerCase()}`;
    if (key === 'BooleanEquals') return value === true ? variable : `not ${variable}`;
    const operator = operators.find(([wanted]) => wanted.test(key));
    if (operator)
      return `${variable} ${operator[1]} ${typeof value === 'string' ? value.replace(/^\$\./, '') : JSON.stringify(value)}`;
  }
  return variable;
}

function noteOf(state: State): string {
  if (state['Type'] === 'Parallel') return `Parallel, ${machinesIn(state).length} branches`;
  if (state['Type'] !== 'Map') return '';
  const most = state['MaxConcurrency'];
  return typeof most === 'number' && most > 0 ? `Map, ${most} at once` : 'Map';
}
