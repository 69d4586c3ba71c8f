import { expect, test } from 'vitest';
import { fitOf, ranked, type Found } from './palette';

const run = (text: string): Found => ({ kind: 'Run', text, to: text });

test.each([
  ['flights-monthly', 'fli', 0],
  ['flights-monthly', 'MONTH', 1],
  ['flights-monthly', 'ight', 2],
  ['flights-monthly', 'x', undefined],
])('%s fits %s by %s', (text, wanted, fit) => expect(fitOf(text, wanted)).toBe(fit));

test('the best stands first, and what fits alike keeps its order', () =>
  expect(
    ranked([run('a-load'), run('unload'), run('load-b'), run('load-a')], 'load').map((one) => one.text),
  ).toEqual(['load-b', 'load-a', 'a-load', 'unload']));

test('without a word everything stands as it came, up to a number', () =>
  expect(ranked([run('a'), run('b'), run('c')], '', 2).map((one) => one.text)).toEqual(['a', 'b']));
