// The run as of one of its events, or now: what stands in it takes the states, overview and entries from here.
import { useMemo, type ReactNode } from 'react';
import { RunContext, useAt, useHistory, useRun, useStep, useView } from './data';
import { entriesOf } from './history';
import { entriesUpTo, overviewUpTo, pastOf, rowOf, rowsUpTo } from './travel';
import { TravelBar } from './TravelBar';

export function TravelThrough({ children }: { children: ReactNode }) {
  const run = useRun();
  const [view] = useView();
  const [at] = useAt();
  const { step } = useStep();
  const takesEvents = at > 0 || view === 'events' || view === 'io' || (step !== '' && view !== 'data');
  const history = useHistory(takesEvents ? run.key : undefined, run.overview.events);
  const entries = useMemo(() => entriesOf(history.events), [history.events]);
  const { overview } = run;
  const { data } = run.states;
  const then = useMemo(() => {
    const past = at > 0 ? pastOf(history.events, at) : undefined;
    if (!past || !data) return undefined;
    const items = rowsUpTo(data.items, entries, past);
    return {
      overview: overviewUpTo(overview, items, entries, past),
      data: { ...data, items },
      entries: entriesUpTo(entries, past),
      travel: { event: past.at, step: rowOf(data.items, entries, past)?.path ?? '' },
    };
  }, [overview, data, history.events, entries, at]);
  const states = then ? { ...run.states, data: then.data } : run.states;
  return (
    <RunContext value={{ ...run, history, entries, ...then, states }}>
      {children}
      {at > 0 && <TravelBar />}
    </RunContext>
  );
}
