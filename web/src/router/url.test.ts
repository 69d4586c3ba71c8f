import { expect, test } from 'vitest';
import { href, matchPath, parseLocation, safeNext, withQuery } from './url';

test.each([
  ['/runs', '/runs', {}],
  ['/runs', '/runs/', {}],
  ['/', '/', {}],
  [
    '/runs/:workflow/:name',
    '/runs/flights/2026-11-21.0600',
    { workflow: 'flights', name: '2026-11-21.0600' },
  ],
  ['/workflows/:name', '/workflows/a%2Fb%20c', { name: 'a/b c' }],
  ['/runs/:workflow', '/runs', undefined],
  ['/runs/:workflow', '/runs/%zz', undefined],
])('%s on %s gives %j', (pattern, path, values) => expect(matchPath(pattern, path)).toEqual(values));

test('names are percent-encoded, and come back whole', () => {
  const name = 'a/b ü?#%';
  const to = href('/workflows/:name', { name }, { q: name, empty: '', none: undefined });
  const there = parseLocation(to);
  expect(matchPath('/workflows/:name', there.path)).toEqual({ name });
  expect(there.query.get('q')).toBe(name);
  expect([...there.query.keys()]).toEqual(['q']);
});
test('a change of the query keeps the rest', () =>
  expect(
    withQuery(parseLocation('/runs?status=failed,timed_out&q=x'), { q: undefined, sort: '-started' }),
  ).toBe('/runs?status=failed,timed_out&sort=-started'));
test.each([
  ['/runs?q=1#x', '/runs?q=1#x'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  [null, '/'],
])('after signing in at next=%j one is at %s', (next, to) => expect(safeNext(next)).toBe(to));
