// The log of a run, or of one step of it: pages, then what comes while it is written.
import { useEffect, useState } from 'react';
import { api, ApiError, urlOf } from '@/api';
import { FrameReader } from '@/api/sse';
import type { LogLine } from './LogView';

export interface LogWanted {
  run: string;
  state?: string | undefined;
  frame?: number | undefined;
  attempt?: number | undefined;
  follow: boolean;
}

export interface Log {
  lines: LogLine[];
  isCut: boolean;
  isLoading: boolean;
  error: ApiError | undefined;
}

const PAGE = 2_000;
const LINES_MAX = 100_000;
const BATCH = 250;

interface Piece {
  state: string;
  frame: number;
  attempt: number;
  retry: number;
  path?: string;
  first_line: number;
  lines: string[];
  line_numbers?: number[];
}

const sectionOf = (piece: { path?: string; state: string; retry: number }): string =>
  `${piece.path ?? piece.state}, attempt ${piece.retry + 1}`;

const keyOf = (piece: { state: string; frame: number; attempt: number }, line: number) =>
  `${piece.state} ${piece.frame} ${piece.attempt} ${line}`;

function filterOf(wanted: LogWanted) {
  const { state, frame, attempt } = wanted;
  return {
    ...(state === undefined ? {} : { state }),
    ...(frame === undefined ? {} : { frame }),
    ...(attempt === undefined ? {} : { attempt }),
  };
}

/** Which lines tell of an error or a warning: the daemon says it, so that all doors say the same. */
async function levelsOf(wanted: LogWanted, signal: AbortSignal): Promise<Map<string, 'error' | 'warn'>> {
  const levels = new Map<string, 'error' | 'warn'>();
  for (const [level, name] of [
    ['warning', 'warn'],
    ['error', 'error'],
  ] as const) {
    const page = await api.get('/api/v1/runs/{run}/logs', {
      path: { run: wanted.run },
      query: { ...filterOf(wanted), level, limit: PAGE },
      signal,
    });
    for (const piece of page.items as Piece[])
      piece.line_numbers?.forEach((n) => levels.set(keyOf(piece, n), name));
  }
  return levels;
}

async function read(
  wanted: LogWanted,
  signal: AbortSignal,
  tell: (lines: LogLine[], isCut: boolean) => void,
): Promise<void> {
  const levels = await levelsOf(wanted, signal);
  const lines: LogLine[] = [];
  let after: string | undefined;
  do {
    const page = await api.get('/api/v1/runs/{run}/logs', {
      path: { run: wanted.run },
      query: { ...filterOf(wanted), limit: PAGE, ...(after ? { after } : {}) },
      signal,
    });
    for (const piece of page.items as Piece[]) {
      piece.lines.forEach((text, i) => {
        const number = piece.first_line + i;
        lines.push({ number, text, level: levels.get(keyOf(piece, number)), section: sectionOf(piece) });
      });
    }
    after = page.next;
    tell([...lines], after !== undefined && lines.length >= LINES_MAX);
  } while (after !== undefined && lines.length < LINES_MAX);
}

/** Lines as they are written, from the first one on. */
async function follow(
  wanted: LogWanted,
  signal: AbortSignal,
  tell: (lines: LogLine[]) => void,
): Promise<void> {
  const url = urlOf('/api/v1/runs/{run}/logs', { run: wanted.run }, { ...filterOf(wanted), follow: true });
  const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, signal, cache: 'no-store' });
  if (!response.ok || !response.body) throw new ApiError(`GET ${url}`, response.status);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const frames = new FrameReader();
  const lines: LogLine[] = [];
  let timer: number | undefined;
  for (;;) {
    const { value, done } = await reader.read();
    for (const frame of done ? [] : frames.push(value)) {
      if (frame.event !== 'message' || !frame.data) continue;
      const line = JSON.parse(frame.data) as {
        line: number;
        text: string;
        state: string;
        retry: number;
        path?: string;
      };
      lines.push({ number: line.line, text: line.text, section: sectionOf(line) });
    }
    timer ??= window.setTimeout(() => {
      timer = undefined;
      if (!signal.aborted) tell(lines.slice(-LINES_MAX));
    }, BATCH);
    if (done) return;
  }
}

export function useLog(wanted: LogWanted): Log {
  const [log, setLog] = useState<Log & { key: string }>({
    key: '',
    lines: [],
    isCut: false,
    isLoading: true,
    error: undefined,
  });
  const key = JSON.stringify(wanted);
  useEffect(() => {
    const giveUp = new AbortController();
    const asked = JSON.parse(key) as LogWanted;
    const tell = (lines: LogLine[], isCut = false) =>
      setLog({ key, lines, isCut, isLoading: false, error: undefined });
    const act = asked.follow ? follow(asked, giveUp.signal, tell) : read(asked, giveUp.signal, tell);
    act.catch((error: unknown) => {
      if (giveUp.signal.aborted) return;
      const said = error instanceof ApiError ? error : new ApiError('GET logs', 0);
      setLog((old) => ({ ...old, key, isLoading: false, error: said }));
    });
    return () => giveUp.abort();
  }, [key]);
  return log.key === key ? log : { ...log, isLoading: true };
}
