// Answers that are asked for before the page is drawn: while its code is read, and while it is asked who reads.

const HEADERS = { Accept: 'application/json, application/problem+json' };
/** Milliseconds: whoever asks later wants to know how it is by then. */
const AGE_MAX = 10_000;
const underWay = new Map<string, { answer: Promise<Response>; at: number }>();

/** Asks now; the first question for the same URL has the answer. */
export function askEarly(url: string): void {
  const answer = fetch(url, { headers: HEADERS, credentials: 'same-origin', redirect: 'error' });
  // Where nobody answers, whoever asks for it says so.
  answer.catch(() => undefined);
  underWay.set(url, { answer, at: Date.now() });
}

/** Nobody is signed in: whatever was asked so early is refused, too, and has to be asked anew. */
export function forgetEarly(): void {
  underWay.clear();
}

/** The answer that is under way, once, and not where it was asked for long ago. */
export function takeEarly(url: string): Promise<Response> | undefined {
  const early = underWay.get(url);
  underWay.delete(url);
  return early && Date.now() - early.at < AGE_MAX ? early.answer : undefined;
}
