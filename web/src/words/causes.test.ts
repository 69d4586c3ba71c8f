import { expect, test } from 'vitest';
import { runsThatFailedSo, stretchOf, textOfFailure } from './causes';

test('a cause is found again by its longest stretch that does not vary', () => {
  expect(stretchOf('no answer from ‹url› within ‹n› s')).toBe('no answer from');
  expect(stretchOf('no answer from https://a.example/x?id=1 within 30 s')).toBe('no answer from');
  expect(stretchOf('37 of 502,259 rows rejected (0.0074%), at most 0.005% allowed')).toBe('rows rejected (');
  expect(stretchOf('exit 3')).toBe('');
  expect(stretchOf('x'.repeat(200))).toHaveLength(80);
});

test('the link to runs that failed so says workflow, error and cause', () => {
  const failed = { workflow: 'a b', error: 'E_X', cause: 'the gate is shut' };
  const url = new URL(runsThatFailedSo(failed, '-24h'), 'http://x');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    status: 'failed,timed_out',
    workflow: 'a b',
    error: 'E_X',
    q: 'the gate is shut',
    start: '-24h',
  });
  expect(runsThatFailedSo({ ...failed, cause: '' })).not.toContain('q=');
  expect(runsThatFailedSo({ ...failed, fingerprint: 'f00d' }, '-24h')).toBe(
    '/runs?fingerprint=f00d&start=-24h',
  );
});

test('what is copied says where, which error and why', () => {
  const failed = { workflow: 'nightly', error: 'E_X', cause: 'shut' };
  expect(textOfFailure(failed, 'Load')).toBe('nightly, Load: E_X: shut');
  expect(textOfFailure({ ...failed, cause: '' }, 'Load')).toBe('nightly, Load: E_X');
});
