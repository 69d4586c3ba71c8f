// The URL is the state of a page. Patterns: `/runs/:workflow/:name`; a part that begins with `:` is any one segment.

export interface Location {
  path: string;
  query: URLSearchParams;
}

export function parseLocation(target: string): Location {
  const url = new URL(target, 'http://origin');
  return { path: url.pathname, query: url.searchParams };
}

/** The values of the pattern's parts, or nothing where the path is another one. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wants = pattern.split('/');
  const has = path.replace(/(?<=.)\/$/, '').split('/');
  if (wants.length !== has.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, want] of wants.entries()) {
    const part = has[i] ?? '';
    if (want.startsWith(':')) {
      const value = decode(part);
      if (!value) return undefined;
      values[want.slice(1)] = value;
    } else if (want !== part) return undefined;
  }
  return values;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

export type QueryValues = Record<string, string | number | boolean | null | undefined>;

/** A path with its parts and a query; names are percent-encoded, values that are not there are left out. */
export function href(pattern: string, parts: Record<string, string> = {}, query: QueryValues = {}): string {
  const path = pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parts[name] ?? ''));
  return path + queryText(query);
}

export function queryText(query: QueryValues): string {
  const text = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([key, value]) => `${encodeURIComponent(key)}=${readable(String(value))}`)
    .join('&');
  return text && `?${text}`;
}

/** Percent-encoded, but for what a query may have and people like to read. */
function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(2C|3A|2F|40|5B|5D)/g, (escape) => decodeURIComponent(escape));
}

/** The same place with other values in the query; `undefined` takes one out. */
export function withQuery(location: Location, change: QueryValues): string {
  const query: QueryValues = { ...Object.fromEntries(location.query), ...change };
  return location.path + queryText(query);
}

/** A path of this origin, for `next` of the sign-in page; anything else becomes `/`. */
export function safeNext(text: string | null): string {
  if (!text?.startsWith('/') || /^\/[/\\]/.test(text)) return '/';
  const url = new URL(text, 'http://origin');
  return url.origin === 'http://origin' ? url.pathname + url.search + url.hash : '/';
}
