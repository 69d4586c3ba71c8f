// How a task that waits for a person is answered: by who is signed in, or by who holds a signed link.
import { api, type Schemas } from '@/api';
import type { Answer } from '@/api';

export type Question = Answer<'/api/v1/callbacks/{id}', 'get'>;
export type Callback = Schemas['Callback'];

/** What was done, as it is said afterwards. */
export type Done = 'Approved' | 'Rejected' | 'Result sent';

/** `link`: the text of a signed link, in place of a session. */
export interface Way {
  id: string;
  link?: string;
}

const headersOf = ({ link }: Way): Record<string, string> => (link ? { 'X-Stepwell-Link': link } : {});

export const ask = (way: Way): Promise<Question> =>
  api.get('/api/v1/callbacks/{id}', { path: { id: way.id }, headers: headersOf(way) });

export async function approve(way: Way, comment: string): Promise<Done> {
  const body = comment ? { comment } : {};
  await api.post('/api/v1/callbacks/{id}/approve', { path: { id: way.id }, headers: headersOf(way), body });
  return 'Approved';
}

export async function reject(way: Way, reason: string): Promise<Done> {
  const body = { reason };
  await api.post('/api/v1/callbacks/{id}/reject', { path: { id: way.id }, headers: headersOf(way), body });
  return 'Rejected';
}

/** `text`: JSON, which goes out with every digit that was typed. */
export async function sendResult(way: Way, text: string): Promise<Done> {
  await api.postText('/api/v1/callbacks/{id}/success', `{"output": ${text}}`, {
    path: { id: way.id },
    headers: headersOf(way),
  });
  return 'Result sent';
}

export interface Link extends Way {
  link: string;
  /** When it is over, in milliseconds since 1970. */
  until: number;
}

/** What stands behind the `#` of a link: ID.SCOPE.UNTIL.SEAL; nothing where it cannot be one. */
export function linkOf(text: string): Link | undefined {
  const found = /^(\d+\.\d+\.\d+)\.[a-z]+\.(\d{1,12})\.[0-9a-f]+$/.exec(text);
  return found ? { id: found[1] ?? '', link: text, until: Number(found[2]) * 1000 } : undefined;
}

/** What is wrong with a text that is to be JSON. */
export function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `expected JSON: ${(error as Error).message}`;
  }
}
