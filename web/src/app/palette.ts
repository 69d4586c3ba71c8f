// What the palette finds, and in which order.

export interface Found {
  kind: 'Page' | 'Workflow' | 'Run' | 'Table';
  text: string;
  note?: string;
  to: string;
}

/** How well a text fits: 0 at its beginning, 1 at the beginning of a word, 2 within; nothing where it does not. */
export function fitOf(text: string, wanted: string): number | undefined {
  const lower = text.toLowerCase();
  const at = lower.indexOf(wanted.toLowerCase());
  if (at < 0) return undefined;
  if (at === 0) return 0;
  return /[\s._\-/]/.test(lower[at - 1] ?? '') ? 1 : 2;
}

/** The best first; of two that fit alike the one that came first. */
export function ranked(all: readonly Found[], wanted: string, most = 20): Found[] {
  if (!wanted) return all.slice(0, most);
  return all
    .map((one) => ({ one, fit: fitOf(one.text, wanted) }))
    .filter((row): row is { one: Found; fit: number } => row.fit !== undefined)
    .sort((a, b) => a.fit - b.fit)
    .slice(0, most)
    .map((row) => row.one);
}
