// Answers that are asked for before the page is drawn: while its code is read, and while it is asked who reads.

const HEADERS = { Accept: 'application/json, application/problem+json' };
const underWay = new Map<string, Promise<Response>>();

/** Asks now; the first question for the same URL has the answer. */
export function askEarly(url: string): void {
  const answer = fetch(url, { headers: HEADERS, credentials: 'same-origin', redirect: 'error' });
  // Where nobody answers, whoever asks for it says so.
  answer.catch(() => undefined);
  underWay.set(url, answer);
}

/** Nobody is signed in: whatever was asked so early is refused, too, and has to be asked anew. */
export function forgetEarly(): void {
  underWay.clear();
}

/** The answer that is under way, once. */
export function takeEarly(url: string): Promise<Response> | undefined {
  const answer = underWay.get(url);
  underWay.delete(url);
  return answer;
}
