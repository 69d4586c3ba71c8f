// What the history says of each entry into a state: its input, what its task was given and gave, its output.
// Events name the one before them, not the state that they belong to; this finds it.

export interface HistoryEvent {
  id: number;
  previousEventId: number;
  type: string;
  /** Seconds since 1970. */
  timestamp: number;
  [details: string]: unknown;
}

export interface Entry {
  /** The state's name. */
  name: string;
  kind: string;
  /** Which entry into a state it is, of the whole run: the nth row of its states. */
  order: number;
  parent: Entry | undefined;
  events: HistoryEvent[];
}

type Details = Record<string, unknown>;

/** The one member that says what happened: `taskScheduledEventDetails`. */
export function detailsOf(event: HistoryEvent): Details {
  for (const [key, value] of Object.entries(event)) {
    if (key.endsWith('EventDetails') && typeof value === 'object' && value !== null) return value as Details;
  }
  return {};
}

export const textIn = (details: Details, key: string): string | undefined =>
  typeof details[key] === 'string' ? details[key] : undefined;

const isEntered = (type: string) => type.endsWith('StateEntered');
const isExited = (type: string) => type.endsWith('StateExited');
/** Behind these stand states of their own. */
const opens = (type: string) => /^(MapIterationStarted|MapStateStarted|ParallelStateStarted)$/.test(type);
const ofLane = (type: string) => /^(MapIteration|MapState|ParallelState|MapRun)/.test(type);

function climb(from: Entry | undefined, fits: (entry: Entry) => boolean): Entry | undefined {
  let entry = from;
  while (entry && !fits(entry)) entry = entry.parent;
  return entry;
}

/** The entries in the order in which they came. */
export function entriesOf(events: readonly HistoryEvent[]): Entry[] {
  const entries: Entry[] = [];
  const byId = new Map<number, { event: HistoryEvent; owner: Entry | undefined }>();
  for (const event of events) {
    const before = byId.get(event.previousEventId);
    const owner = ownerOf(event, before?.event, before?.owner, entries);
    owner?.events.push(event);
    byId.set(event.id, { event, owner });
  }
  return entries;
}

function ownerOf(
  event: HistoryEvent,
  before: HistoryEvent | undefined,
  owner: Entry | undefined,
  entries: Entry[],
): Entry | undefined {
  const name = textIn(detailsOf(event), 'name');
  if (before?.type === 'ExecutionRedriven' && !isEntered(event.type)) return brokenOff(event, entries);
  const around = before && isExited(before.type) ? owner?.parent : owner;
  if (isEntered(event.type)) {
    const parent = before && opens(before.type) ? owner : owner?.parent;
    const entry: Entry = {
      name: name ?? '',
      kind: event.type.replace('StateEntered', ''),
      order: entries.length,
      parent,
      events: [],
    };
    entries.push(entry);
    return entry;
  }
  if (isExited(event.type)) return climb(owner, (entry) => entry.name === name) ?? owner;
  if (ofLane(event.type))
    return climb(around, (entry) => entry.kind === 'Map' || entry.kind === 'Parallel') ?? around;
  if (event.type.startsWith('Execution')) return undefined;
  return around;
}

/** The state that a redrive goes on with: its event names none; the first of its resource that was never left. */
function brokenOff(event: HistoryEvent, entries: readonly Entry[]): Entry | undefined {
  const resource = textIn(detailsOf(event), 'resource');
  const fits = ({ events }: Entry) =>
    !isExited(events.at(-1)?.type ?? '') &&
    events.at(-1)?.type !== event.type &&
    events.some((one) => one.type === event.type && textIn(detailsOf(one), 'resource') === resource);
  return entries.find(fits);
}

export interface Stage {
  id:
    | 'input'
    | 'path'
    | 'items'
    | 'itemselector'
    | 'params'
    | 'result'
    | 'selector'
    | 'resultpath'
    | 'output'
    | 'assign';
  /** As the language calls it. */
  name: string;
  /** JSON text; absent where the run has not come there, or the history does not have it. */
  text: string | undefined;
  failed?: boolean;
  /** Not recorded: worked out from what is, by the definition. */
  isComputed?: boolean;
}

/** What the history has of the way from input to output; what it does not record is trial.ts's to find. */
export function stagesOf(entry: Entry): Stage[] {
  const find = (test: (type: string) => boolean) => entry.events.find((event) => test(event.type));
  const last = (test: (type: string) => boolean) => entry.events.findLast((event) => test(event.type));
  const entered = find(isEntered);
  const exited = last(isExited);
  const scheduled = last((type) => /(Task|LambdaFunction|Activity)Scheduled$/.test(type));
  const ended = last((type) =>
    /(Task|LambdaFunction|Activity|Map|MapRun)(Succeeded|Failed|TimedOut)$/.test(type),
  );
  const stages: Stage[] = [
    { id: 'input', name: 'State input', text: entered && textIn(detailsOf(entered), 'input') },
  ];
  if (entry.kind === 'Task') {
    const given = scheduled && detailsOf(scheduled);
    stages.push({
      id: 'params',
      name: 'Parameters',
      text: given && (textIn(given, 'parameters') ?? textIn(given, 'input')),
    });
    const failed = ended !== undefined && !ended.type.endsWith('Succeeded');
    stages.push({ id: 'result', name: 'Task result', text: ended && resultText(ended), failed });
  }
  const left = exited && detailsOf(exited);
  stages.push({ id: 'output', name: 'State output', text: left && textIn(left, 'output') });
  const assigned = exited && assignedBy(exited);
  if (assigned?.size) stages.push({ id: 'assign', name: 'Assign', text: objectText(assigned) });
  return stages;
}

/** The variables that a state set as it ended: JSON texts by name. */
function assignedBy(exited: HistoryEvent): Map<string, string> {
  const assigned = detailsOf(exited)['assignedVariables'];
  return new Map(Object.entries(typeof assigned === 'object' ? (assigned as Record<string, string>) : {}));
}

/** An object of JSON texts, as JSON text: no digit of a number is lost. */
export const objectText = (members: ReadonlyMap<string, string>): string =>
  `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;

/** The variables that there were when the state was entered: JSON texts by name, the last one set counts. */
export function variablesAt(
  entry: Entry,
  entries: readonly Entry[],
  events: readonly HistoryEvent[],
): Map<string, string> {
  const byId = new Map(events.map((event) => [event.id, event]));
  const ended = new Map<number, Entry>();
  for (const one of entries)
    for (const event of one.events) if (isExited(event.type)) ended.set(event.id, one);
  const variables = new Map<string, string>();
  let event = entry.events[0];
  while (event) {
    const before = byId.get(event.previousEventId);
    const left = before && ended.get(before.id);
    if (before && left)
      for (const [name, text] of assignedBy(before)) if (!variables.has(name)) variables.set(name, text);
    // What was set within a Map or a Parallel is not seen behind it.
    event = left ? left.events[0] : before;
  }
  return variables;
}

function resultText(event: HistoryEvent): string | undefined {
  const details = detailsOf(event);
  const output = textIn(details, 'output');
  if (output !== undefined || event.type.endsWith('Succeeded')) return output;
  const cause = textIn(details, 'cause');
  // The envelope of a data task is its cause.
  if (cause?.startsWith('{')) return cause;
  return JSON.stringify({ error: textIn(details, 'error'), cause });
}

/** The row of an event: what it is about, in a few words. */
export function subjectOf(event: HistoryEvent): string {
  const details = detailsOf(event);
  const parts = ['name', 'resource', 'error'].map((key) => textIn(details, key)).filter(Boolean);
  const index = details['index'];
  return parts.join(', ') + (typeof index === 'number' ? `, item ${index}` : '');
}
