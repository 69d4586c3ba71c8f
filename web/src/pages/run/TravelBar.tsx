// The bar at the foot of a run that is drawn as of an event: which one it is, and the way to others.
import { useEffect, useRef, useState } from 'react';
import { useKeys } from '@/app/keys';
import { Button, Failed, Foreign } from '@/components';
import { formatDuration, formatNumber, parseTime } from '@/formats';
import { useAt, useRun } from './data';
import { subjectOf } from './history';

/** Browsers take some ten changes of the URL a second, and a slider gives more. */
const PAUSE_MS = 120;

/** From now on the page is as of the last event; the bar leads back from there. */
export function TravelButton() {
  const { overview, history, travel } = useRun();
  const [, setAt] = useAt();
  if (travel) return null;
  return (
    <Button
      small
      kind="quiet"
      onClick={() => setAt(history.events.at(-1)?.id ?? Math.max(1, overview.events))}
    >
      Step through events
    </Button>
  );
}

export function TravelBar() {
  const { overview, history, travel } = useRun();
  const { events } = history;
  const { id, setId, back } = useMove();
  const place = Math.max(
    0,
    events.findLastIndex((event) => event.id <= id),
  );
  const event = events[place];
  const go = (to: number) => {
    const next = events[to];
    if (next) setId(next.id);
  };
  useKeys({ ',': () => go(place - 1), '.': () => go(place + 1), Escape: back });
  if (history.error && !event) {
    return (
      <section className="travelbar" aria-label="As of an event">
        <Failed error={history.error} retry={() => window.location.reload()} />
      </section>
    );
  }
  const after = event && formatDuration(event.timestamp * 1000 - parseTime(overview.run.started_at));
  return (
    <section
      className="travelbar"
      aria-label="As of an event"
      onKeyDown={(pressed) => pressed.key === 'Escape' && back()}
    >
      <span className="travelbar__way">
        <Button
          small
          icon="chev-l"
          label="The event before"
          impossible={place > 0 ? undefined : 'It is the first'}
          onClick={() => go(place - 1)}
        />
        <input
          type="range"
          aria-label="Event"
          aria-valuetext={event && `Event ${event.id}, ${event.type}`}
          min={0}
          max={Math.max(0, events.length - 1)}
          value={place}
          onChange={(change) => go(Number(change.target.value))}
        />
        <Button
          small
          icon="chev-r"
          label="The event behind"
          impossible={place < events.length - 1 ? undefined : 'It is the last'}
          onClick={() => go(place + 1)}
        />
      </span>
      <span className="travelbar__what">
        {event && travel ? (
          <>
            <b>As of event {formatNumber(event.id)}</b> of {formatNumber(events.at(-1)?.id ?? 0)}, after{' '}
            {after}: <code>{event.type}</code> <Foreign>{subjectOf(event)}</Foreign>
          </>
        ) : (
          'Its events are read…'
        )}
      </span>
      <Button small onClick={back}>
        Back to now
      </Button>
    </section>
  );
}

/** The event, and how to move to another: the bar follows at once, the URL and the page when the hand rests. */
function useMove() {
  const [at, setAt] = useAt();
  const [moved, setMoved] = useState<number>();
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const setId = (id: number) => {
    setMoved(id);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setMoved(undefined);
      setAt(id, { replace: true });
    }, PAUSE_MS);
  };
  const back = () => {
    window.clearTimeout(timer.current);
    setAt(0);
  };
  return { id: moved ?? at, setId, back };
}
