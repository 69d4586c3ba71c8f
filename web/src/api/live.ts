// The one event stream of a page. It says what came, and whether the connection stands; it mends itself.
import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react';
import { Pace } from './pace';
import { FrameReader } from './sse';

export interface LiveEvent {
  /** `ExecutionStarted`, …; `changed` for what is no run; `reset`: read anew what you show. */
  type: string;
  id: string | undefined;
  data: Record<string, unknown>;
}

export type Connection =
  | { kind: 'off' }
  | { kind: 'live' }
  /** `retryAt`: when it is tried again, or nothing while a try is under way. */
  | { kind: 'lost'; since: number; retryAt: number | undefined }
  /** Just back; `restarted`: it was another daemon than before. */
  | { kind: 'back'; restarted: boolean; at: number };

type Listener = (events: LiveEvent[]) => void;

const PAUSES = [1, 2, 4, 8, 15];
/** The daemon speaks at least every 15 s. */
const QUIET_MAX = 17_000;
/** A connection that is cut and back within this time was not lost. */
const LOST_AFTER = 2_000;
/** One paint for what comes within. */
const BATCH = 250;

/** How long to wait before the try of that number, from 0. */
export const pauseBefore = (attempt: number): number =>
  (PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 15) * 1000;

export class LiveStream {
  private listeners = new Set<Listener>();
  private watchers = new Set<() => void>();
  private state: Connection = { kind: 'off' };
  private place: string | undefined;
  private pending: LiveEvent[] = [];
  private batch: number | undefined;
  private timers = new Set<number>();
  private quiet: number | undefined;
  private abort: AbortController | undefined;
  private attempt = 0;
  private brokenAt: number | undefined;
  private daemon: string | undefined;
  private isOpen = false;

  constructor(private readonly url: string) {}

  get connection(): Connection {
    return this.state;
  }
  readonly watch = (tell: () => void): (() => void) => {
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  };
  /** Called with what came, at most four times a second. Returns how to be called no more. */
  listen(tell: Listener): () => void {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }
  /** Begins behind `place` (an answer's `as_of`), so that nothing between the answer and the stream is lost. */
  startAt(place: string): void {
    this.place ??= place;
  }
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    void this.connect();
  }
  close(): void {
    this.isOpen = false;
    this.abort?.abort();
    for (const timer of [this.batch, this.quiet, ...this.timers]) window.clearTimeout(timer);
    this.timers.clear();
    this.batch = undefined;
    this.set({ kind: 'off' });
  }
  /** At once, instead of when its time comes. */
  retryNow(): void {
    if (this.state.kind !== 'lost' || this.state.retryAt === undefined) return;
    for (const timer of this.timers) window.clearTimeout(timer);
    this.timers.clear();
    void this.connect();
  }

  private set(state: Connection): void {
    this.state = state;
    this.watchers.forEach((tell) => tell());
  }
  private after(ms: number, act: () => void): void {
    const timer = window.setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }
  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    if (this.state.kind === 'lost') this.set({ ...this.state, retryAt: undefined });
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.place !== undefined) headers['Last-Event-ID'] = this.place;
      const response = await fetch(this.url, { headers, signal: abort.signal, cache: 'no-store' });
      if (response.status === 401 || response.status === 403) {
        this.close();
        return;
      }
      if (!response.ok || !response.body) throw new Error(`answered with ${response.status}`);
      // A request's id begins with what names the daemon that gave it: another one has started since.
      this.connected(response.headers.get('X-Request-Id')?.split('-')[0]);
      await this.read(response.body, abort);
    } catch {
      // Whatever it was, the answer is to try again.
    }
    window.clearTimeout(this.quiet);
    if (this.isOpen && this.abort === abort) this.broken();
  }
  private async read(body: ReadableStream<Uint8Array>, abort: AbortController): Promise<void> {
    const reader = body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .getReader();
    const frames = new FrameReader();
    for (;;) {
      window.clearTimeout(this.quiet);
      this.quiet = window.setTimeout(() => abort.abort(), QUIET_MAX);
      const { value, done } = await reader.read();
      if (done) return;
      for (const frame of frames.push(value)) {
        if (frame.id !== undefined) this.place = frame.id;
        if (frame.data) this.take({ type: frame.event, id: frame.id, data: parse(frame.data) });
      }
    }
  }
  private connected(daemon: string | undefined): void {
    const wasLost = this.state.kind === 'lost';
    const restarted = daemon !== undefined && this.daemon !== undefined && daemon !== this.daemon;
    this.daemon = daemon ?? this.daemon;
    this.attempt = 0;
    this.brokenAt = undefined;
    for (const timer of this.timers) window.clearTimeout(timer);
    this.timers.clear();
    if (!wasLost) {
      this.set({ kind: 'live' });
      return;
    }
    this.set({ kind: 'back', restarted, at: Date.now() });
    this.after(restarted ? 4_000 : 0, () => this.set({ kind: 'live' }));
  }
  private broken(): void {
    const now = Date.now();
    this.brokenAt ??= now;
    const since = this.brokenAt;
    const wait = pauseBefore(this.attempt++);
    const show = () => this.set({ kind: 'lost', since, retryAt: now + wait });
    if (this.state.kind === 'lost' || now - since >= LOST_AFTER) show();
    else
      this.after(
        LOST_AFTER,
        () => this.state.kind !== 'lost' && this.set({ kind: 'lost', since, retryAt: undefined }),
      );
    this.after(wait, () => void this.connect());
  }
  private take(event: LiveEvent): void {
    const type =
      typeof event.data['type'] === 'string' && event.type === 'message' ? event.data['type'] : event.type;
    this.pending.push({ ...event, type });
    this.batch ??= window.setTimeout(() => {
      this.batch = undefined;
      const events = this.pending;
      this.pending = [];
      this.listeners.forEach((tell) => tell(events));
    }, BATCH);
  }
}

function parse(data: string): Record<string, unknown> {
  try {
    return JSON.parse(data) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export const LiveContext = createContext<LiveStream | null>(null);

const nothing: Connection = { kind: 'off' };

/** How the connection of this page stands. */
export function useConnection(): Connection {
  const stream = useContext(LiveContext);
  return useSyncExternalStore(stream?.watch ?? (() => () => undefined), () => stream?.connection ?? nothing);
}

/**
 * Calls `tell` with what came, batched. `asOf` is that of the answer that the page shows: the stream begins behind it.
 * After `reset`, and where the page shows what no event says, ask anew: `useLive(() => query.reload(), query.data?.as_of)`.
 */
export function useLive(tell: Listener, asOf?: string): void {
  const stream = useContext(LiveContext);
  const latest = useRef(tell);
  useEffect(() => {
    latest.current = tell;
  });
  useEffect(() => stream?.listen((events) => latest.current(events)), [stream]);
  useEffect(() => {
    if (!stream || asOf === undefined) return;
    stream.startAt(asOf);
    stream.open();
  }, [stream, asOf]);
}

interface ReloadSettings {
  /** Milliseconds between two questions at least. */
  every?: number;
  concerns?: (event: LiveEvent) => boolean;
}

/**
 * Asks anew when something came, at most once in `every` ms, and not while nobody sees the page: for answers that cost
 * something, of what no single event tells. `concerns` says which events count; after a reset, all do.
 */
export function useLiveReload(
  reload: () => void,
  asOf?: string,
  { every = 1000, concerns = () => true }: ReloadSettings = {},
): void {
  const latest = useRef(reload);
  useEffect(() => {
    latest.current = reload;
  });
  const pace = useRef<Pace | undefined>(undefined);
  useEffect(() => {
    const isAway = () => document.visibilityState === 'hidden';
    const made = new Pace({ act: () => latest.current(), every, isAway });
    pace.current = made;
    const back = () => made.resume();
    document.addEventListener('visibilitychange', back);
    return () => {
      document.removeEventListener('visibilitychange', back);
      made.stop();
    };
  }, [every]);
  useLive((events) => {
    if (events.some((event) => event.type === 'reset' || concerns(event))) pace.current?.want();
  }, asOf);
}

/** Between two questions for an answer that is still being made up: no event tells when it is. */
const UNFINISHED_EVERY = 5_000;

/** Asks anew by itself while `data` says that it is not complete, and somebody sees the page. */
export function useUnfinishedReload(reload: () => void, data: { complete?: boolean } | undefined): void {
  useEffect(() => {
    if (data?.complete !== false) return;
    const timer = window.setInterval(() => {
      if (document.visibilityState !== 'hidden') reload();
    }, UNFINISHED_EVERY);
    return () => window.clearInterval(timer);
  }, [reload, data]);
}
