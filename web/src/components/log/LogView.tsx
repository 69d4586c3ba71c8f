import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { visible } from '@/formats';
import { marked } from '../json';
import { ansiSpans, linksIn, type Span } from './ansi';
import './log.css';

export interface LogLine {
  /** Within its attempt, from 1. */
  number: number;
  text: string;
  level?: 'error' | 'warn' | undefined;
  /** Which attempt of which step: said where it changes. */
  section: string;
}

interface LogViewProps {
  lines: readonly LogLine[];
  label: string;
  wrap: boolean;
  search: string;
  /** The hit that the reader is at, counted from 0. */
  current: number;
  /** Stays at the end while lines come, until the reader scrolls up. */
  follow?: boolean;
  onLeave?: () => void;
}

const HEIGHT = 19;
const BLOCK = 50;

/** The lines; of very many, those near the place that is looked at are drawn. */
export function LogView({ lines, label, wrap, search, current, follow = false, onLeave }: LogViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const [block, setBlock] = useState(0);
  const isVirtual = lines.length > 500;
  const from = isVirtual ? Math.max(0, (block - 1) * BLOCK) : 0;
  const to = isVirtual ? Math.min(lines.length, (block + 3) * BLOCK) : lines.length;
  const hits = useHits(lines, search);
  const hit = hits[current % Math.max(1, hits.length)];
  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, lines.length]);
  useEffect(() => {
    if (hit !== undefined && box.current) box.current.scrollTop = Math.max(0, hit * HEIGHT - 120);
  }, [hit]);
  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    setBlock(Math.floor(element.scrollTop / HEIGHT / BLOCK));
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 2 * HEIGHT;
    if (follow && !isAtEnd) onLeave?.();
  };
  return (
    <div
      ref={box}
      className={`log log--view${wrap && !isVirtual ? '' : ' log--nowrap'}`}
      tabIndex={0}
      role="group"
      aria-label={label}
      onScroll={onScroll}
    >
      {from > 0 && <div style={{ height: from * HEIGHT }} aria-hidden="true" />}
      {lines.slice(from, to).map((line, i) => {
        const at = from + i;
        const isNew = line.section !== lines[at - 1]?.section;
        return (
          <Line
            key={at}
            line={line}
            section={isNew ? line.section : ''}
            search={search}
            isCurrent={at === hit}
          />
        );
      })}
      {to < lines.length && <div style={{ height: (lines.length - to) * HEIGHT }} aria-hidden="true" />}
    </div>
  );
}

/** The places of the lines with the text in them. */
export function useHits(lines: readonly LogLine[], search: string): number[] {
  const wanted = search.toLowerCase();
  if (!wanted) return [];
  return lines.flatMap((line, i) => (line.text.toLowerCase().includes(wanted) ? [i] : []));
}

interface LineProps {
  line: LogLine;
  section: string;
  search: string;
  isCurrent: boolean;
}

function Line({ line, section, search, isCurrent }: LineProps) {
  const tone = line.level === 'error' ? 'is-error' : line.level === 'warn' ? 'is-warn' : '';
  return (
    <div
      className={[tone, isCurrent ? 'is-current' : ''].filter(Boolean).join(' ') || undefined}
      title={section || undefined}
    >
      <span className="no">{line.number}</span>
      <span className="tx bidi">
        {ansiSpans(line.text).map((span, i) => (
          <Piece key={i} span={span} search={search} />
        ))}
      </span>
      {section && <span className="log__section">{visible(section)}</span>}
    </div>
  );
}

function Piece({ span, search }: { span: Span; search: string }) {
  const content: ReactNode = linksIn(span.text).map((piece, i) =>
    piece.url ? (
      <a key={i} href={piece.url} target="_blank" rel="noopener noreferrer" title={hostOf(piece.url)}>
        {marked(piece.text, search)}
      </a>
    ) : (
      <span key={i}>{marked(piece.text, search)}</span>
    ),
  );
  const looks = [span.tone ? `is-${span.tone} ansi` : '', span.isBold ? 'strong' : '']
    .filter(Boolean)
    .join(' ');
  return looks ? <span className={looks}>{content}</span> : <>{content}</>;
}

function hostOf(url: string): string {
  try {
    return `leads to ${new URL(url).host}`;
  } catch {
    return '';
  }
}
