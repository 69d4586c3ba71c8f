// What the page asks for, and what of it is chosen.
import { createContext, useCallback, useContext, useEffect, useRef, useState } from 'react';
import { api, ApiError, useLiveReload, useQuery, type Answer, type Query, type Schemas } from '@/api';
import { anyText, oneOf, useQueryValue, useSetQuery, wholeNumber } from '@/router';
import type { Entry, HistoryEvent } from './history';

export type Overview = Schemas['Overview'];
export type StateRow = Schemas['State'];
export type Failure = Schemas['Failure'];
export type Plan = Schemas['RedrivePlan'];
export type Definition = Answer<'/api/v1/workflows/{workflow}/definition', 'get'>;

export interface StateRows {
  items: StateRow[];
  next?: string;
}

export interface RunData {
  /** WORKFLOW/NAME, as the API takes it. */
  key: string;
  overview: Overview;
  states: Query<StateRows>;
  plan: Plan | undefined;
  /** The definition that the run has, asked for once for all that show it. */
  definition: Query<Definition>;
  /** Its events, where what is in sight takes them: all that there are. */
  history: History;
  /** Its entries into states, by its events. */
  entries: readonly Entry[];
  /** What stands here is as of an event: the overview, states and entries are those of then. */
  travel?: Travel;
  /** Asks for all of it anew. */
  reload: () => void;
}

export interface Travel {
  event: HistoryEvent;
  /** The state that the event is of. */
  step: string;
}

export const RunContext = createContext<RunData | null>(null);

export function useRun(): RunData {
  const run = useContext(RunContext);
  if (!run) throw new Error('useRun() is for what stands in the run page');
  return run;
}

const views = oneOf('overview', 'graph', 'timeline', 'table', 'events', 'logs', 'data', 'io');
export type View = 'overview' | 'graph' | 'timeline' | 'table' | 'events' | 'logs' | 'data' | 'io';
export const useView = () => useQueryValue<View>('view', views, 'overview');

const comparisons = oneOf('', 'last-success');
export const useAgainst = () => useQueryValue<'' | 'last-success'>('against', comparisons, '');

/** `Each month[5] / Validate` of the API is `Each month[5]/Validate` in the URL. */
export const stepOf = (path: string): string => path.replaceAll(' / ', '/');

/** The event of `at=`, 0 for now: the page is drawn as of it. */
export const useAt = () => useQueryValue('at', wholeNumber, 0);

/** The chosen step: of the URL, else the state of the event that the page is as of, else the state that failed first, else the newest that goes on. */
export function useStep(): {
  step: string;
  row: StateRow | undefined;
  choose: (path: string | undefined) => void;
} {
  const { overview, states, travel } = useRun();
  const [named] = useQueryValue('step', anyText, '');
  const setQuery = useSetQuery();
  const rows = states.data?.items ?? [];
  const failed = overview.failure.failure?.path;
  const open = overview.open.at(-1)?.path;
  const step = named === '-' ? '' : named || stepOf(travel?.step ?? failed ?? open ?? '');
  const row =
    rows.findLast((one) => stepOf(one.path) === step) ??
    rows.findLast((one) => stepOf(one.definition_path) === step);
  const choose = useCallback(
    (path: string | undefined) =>
      setQuery({ step: path === undefined ? '-' : stepOf(path), attempt: undefined, stage: undefined }),
    [setQuery],
  );
  return { step, row, choose };
}

/** The overview, its states and the plan of a redrive, renewed by what happens to the run. */
export function useRunData(key: string): {
  overview: Query<Overview>;
  states: Query<StateRows>;
  plan: Plan | undefined;
  definition: Query<Definition>;
  reload: () => void;
} {
  const path = { run: key };
  const overview = useQuery('/api/v1/runs/{run}/overview', { path });
  const states = useQuery('/api/v1/runs/{run}/states', { path, query: { limit: 1000 } });
  const run = overview.data?.run;
  const hasEndedBadly = run !== undefined && run.status !== 'running' && run.status !== 'succeeded';
  const plan = useQuery('/api/v1/runs/{run}/redrive-plan', hasEndedBadly ? { path } : null);
  const version = overview.data?.version.number;
  const definition = useQuery(
    '/api/v1/workflows/{workflow}/definition',
    run && version !== undefined ? { path: { workflow: run.workflow }, query: { version } } : null,
  );
  const reloadOverview = overview.reload;
  const reloadStates = states.reload;
  const reload = useCallback(() => {
    reloadOverview();
    reloadStates();
  }, [reloadOverview, reloadStates]);
  const number = run?.run;
  useLiveReload(reload, overview.data?.as_of, {
    concerns: (event) => number !== undefined && event.data['run'] === number,
  });
  return {
    overview,
    states,
    definition,
    plan: hasEndedBadly ? plan.data : undefined,
    reload,
  };
}

const PAGE = 1000;
const EVENTS_MAX = 20_000;

export interface History {
  events: HistoryEvent[];
  /** There are more than are read. */
  isCut: boolean;
  error: ApiError | undefined;
  isLoading: boolean;
}

interface Known {
  key: string;
  events: HistoryEvent[];
  after: string | undefined;
  begin: number;
}

export const noHistory: History = { events: [], isCut: false, error: undefined, isLoading: true };
const nothing: Known = { key: '', events: [], after: undefined, begin: 0 };

/** The run's events, page by page, once there is a key; `turn` asks for what has come since. */
export function useHistory(key: string | undefined, turn: unknown): History {
  const [history, setHistory] = useState<History>(noHistory);
  // `begin`: how many events stand before the page that `after` asks for.
  const known = useRef<Known>(nothing);
  useEffect(() => {
    if (key === undefined) return;
    const giveUp = new AbortController();
    if (known.current.key !== key) known.current = { ...nothing, key };
    const read = async () => {
      try {
        for (;;) {
          const { after, events, begin } = known.current;
          const page = await api.get('/api/v1/runs/{run}/history', {
            path: { run: key },
            query: { limit: PAGE, ...(after ? { after } : {}) },
            signal: giveUp.signal,
          });
          const all = [...events.slice(0, begin), ...(page.items as unknown as HistoryEvent[])];
          known.current = page.next
            ? { key, events: all, after: page.next, begin: all.length }
            : { key, events: all, after, begin };
          const isLast = page.next === undefined || all.length >= EVENTS_MAX;
          setHistory({
            events: all,
            isCut: page.next !== undefined && isLast,
            error: undefined,
            isLoading: !isLast,
          });
          if (isLast) return;
        }
      } catch (error) {
        if (giveUp.signal.aborted) return;
        const said = error instanceof ApiError ? error : new ApiError('GET history', 0);
        setHistory((old) => ({ ...old, error: said, isLoading: false }));
      }
    };
    void read();
    return () => giveUp.abort();
  }, [key, turn]);
  return history;
}
