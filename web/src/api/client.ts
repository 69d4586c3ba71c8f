// The API, typed by its OpenAPI document: `await api.get('/api/v1/runs/{run}', { path: { run }, query: { … } })`.
import { forgetEarly, takeEarly } from './early';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type ProblemBody = Schemas['Problem'];

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
export type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type JsonOf<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;
type Success<R> = R extends { 200: infer A } ? JsonOf<A> : R extends { 201: infer B } ? JsonOf<B> : undefined;
/** What an operation answers: `Answer<'/api/v1/home', 'get'>`. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Success<R> : never;
type Given<O, K extends string> = O extends { parameters: { [key in K]?: infer T } } ? T : never;
type BodyOf<O> = O extends { requestBody?: { content: { 'application/json': infer T } } } ? T : never;

export interface Options<O> {
  path?: Given<O, 'path'>;
  query?: Given<O, 'query'>;
  body?: BodyOf<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A refusal, as the API says it; `status` 0 where nobody answered. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: ProblemBody | undefined;
  readonly request: string;
  constructor(request: string, status: number, problem?: ProblemBody) {
    super(
      problem?.detail ?? (status === 0 ? 'the daemon does not answer' : `the daemon answered with ${status}`),
    );
    this.name = 'ApiError';
    this.request = request;
    this.status = status;
    this.problem = problem;
  }
  /** For "Copy details". */
  get details(): string {
    const id = this.problem ? `, request ${this.problem.request_id}` : '';
    return `${this.request}: ${this.status || 'no answer'}, ${this.message}${id}`;
  }
}

let csrf: string | null = null;
/** What the session said: every change carries it. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

const signedOut = new Set<() => void>();
/** Called when a request is refused because nobody is signed in. Returns how to be called no more. */
export function onSignedOut(tell: () => void): () => void {
  signedOut.add(tell);
  return () => signedOut.delete(tell);
}

/** `/api/v1/runs/7?limit=10`; lists with commas. */
export function urlOf(pattern: string, path?: object, query?: object): string {
  const values = (path ?? {}) as Record<string, unknown>;
  const filled = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const parts = Object.entries((query ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => {
      const text = Array.isArray(value)
        ? value.map((one) => encodeURIComponent(String(one))).join(',')
        : encodeURIComponent(String(value));
      return `${encodeURIComponent(key)}=${text}`;
    });
  return parts.length ? `${filled}?${parts.join('&')}` : filled;
}

interface Wanted {
  body?: unknown;
  /** JSON that is sent as it is: every digit of what a reader typed. */
  bodyText?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends one request and gives the answer; throws ApiError. A request that was given up throws what fetch throws. */
export async function send(method: string, url: string, wanted: Wanted = {}): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: 'application/json, application/problem+json',
    ...wanted.headers,
  };
  const init: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error' };
  if (wanted.signal) init.signal = wanted.signal;
  const body = wanted.bodyText ?? (wanted.body === undefined ? undefined : JSON.stringify(wanted.body));
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = body;
  }
  if (method !== 'GET' && csrf) headers['X-Stepwell-Csrf'] = csrf;
  let response: Response;
  try {
    const early = method === 'GET' && !wanted.headers ? takeEarly(url) : undefined;
    response = await (early ?? fetch(url, init));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(`${method} ${url}`, 0);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) {
    forgetEarly();
    signedOut.forEach((tell) => tell());
  }
  throw new ApiError(`${method} ${url}`, response.status, problem);
}

async function problemOf(response: Response): Promise<ProblemBody | undefined> {
  if (!response.headers.get('Content-Type')?.includes('json')) return undefined;
  try {
    return (await response.json()) as ProblemBody;
  } catch {
    return undefined;
  }
}

async function call(method: string, pattern: string, options: Options<unknown> = {}): Promise<unknown> {
  const response = await send(method, urlOf(pattern, options.path, options.query), options);
  const text = await response.text();
  return text ? (JSON.parse(text) as unknown) : undefined;
}

type Call<M extends Method> = <P extends PathsWith<M>>(
  pattern: P,
  options?: Options<Operation<P, M>>,
) => Promise<Answer<P, M>>;
const caller = <M extends Method>(method: M) =>
  ((pattern: string, options?: Options<unknown>) =>
    call(method.toUpperCase(), pattern, options)) as unknown as Call<M>;

export const api = {
  get: caller('get'),
  post: caller('post'),
  /** A POST whose body is JSON text already. */
  postText: async <P extends PathsWith<'post'>>(
    pattern: P,
    bodyText: string,
    { path, headers = {} }: Pick<Options<paths[P]['post']>, 'path' | 'headers'> = {},
  ): Promise<Answer<P, 'post'>> => {
    const text = await (await send('POST', urlOf(pattern, path), { bodyText, headers })).text();
    return (text ? JSON.parse(text) : undefined) as Answer<P, 'post'>;
  },
  put: caller('put'),
  patch: caller('patch'),
  delete: caller('delete'),
};
