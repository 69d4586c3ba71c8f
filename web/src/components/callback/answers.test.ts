import { expect, test } from 'vitest';
import { jsonFault, linkOf } from './answers';

test('a link names its callback and when it is over', () => {
  expect(linkOf('12.0.1.decide.1764547200.9f86d0')).toEqual({
    id: '12.0.1',
    link: '12.0.1.decide.1764547200.9f86d0',
    until: 1_764_547_200_000,
  });
});

test('what is cut short, or something else, is no link', () => {
  for (const text of [
    '',
    '12.0.1',
    '12.0.1.decide.1764547200',
    '12.0.decide.1764547200.9f',
    '12.0.1.decide.1764547200.<b>',
  ])
    expect(linkOf(text)).toBeUndefined();
});

test('a result has to be JSON', () => {
  expect(jsonFault('{"a": 1}')).toBeUndefined();
  expect(jsonFault('yes')).toMatch(/^expected JSON: /);
});
