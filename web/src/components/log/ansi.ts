// Colours that a program wrote for a terminal, as the page's own; what else it wrote is shown by its name.

export interface Span {
  text: string;
  /** A colour of status: red, yellow, green, blue; others are ink. */
  tone?: 'failed' | 'waiting' | 'succeeded' | 'running';
  isBold?: boolean;
}

const tones: Record<number, Span['tone']> = { 1: 'failed', 2: 'succeeded', 3: 'waiting', 4: 'running' };
// eslint-disable-next-line no-control-regex -- it looks for just these
const CODE = /\u001b\[([0-9;]*)m/g;

/** The line in spans of one colour each. */
export function ansiSpans(line: string): Span[] {
  const spans: Span[] = [];
  let look: Omit<Span, 'text'> = {};
  let from = 0;
  const take = (to: number) => {
    if (to > from) spans.push({ text: line.slice(from, to), ...look });
  };
  for (const found of line.matchAll(CODE)) {
    take(found.index);
    from = found.index + found[0].length;
    look = (found[1] ?? '').split(';').reduce(turned, look);
  }
  take(line.length);
  return spans;
}

function turned(look: Omit<Span, 'text'>, code: string): Omit<Span, 'text'> {
  const n = Number(code || 0);
  if (n === 0) return {};
  if (n === 1) return { ...look, isBold: true };
  const colour = (n >= 30 && n <= 37) || (n >= 90 && n <= 97) ? n % 10 : undefined;
  if (colour === undefined && n !== 39) return look;
  const rest = look.isBold ? { isBold: true } : {};
  const tone = colour === undefined ? undefined : tones[colour];
  return tone ? { ...rest, tone } : rest;
}

const LINK = /\bhttps?:\/\/[^\s"'<>)\]]+/g;

/** Pieces of a text; those that are links are http or https, nothing else. */
export function linksIn(text: string): { text: string; url?: string }[] {
  const pieces: { text: string; url?: string }[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) });
    pieces.push({ text: found[0], url: found[0] });
    from = found.index + found[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}
