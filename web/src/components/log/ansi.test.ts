import { expect, test } from 'vitest';
import { ansiSpans, linksIn } from './ansi';

test.each([
  ['plain', [{ text: 'plain' }]],
  ['\u001b[31mred\u001b[0m rest', [{ text: 'red', tone: 'failed' }, { text: ' rest' }]],
  [
    '\u001b[1;93mloud\u001b[39m bold',
    [
      { text: 'loud', isBold: true, tone: 'waiting' },
      { text: ' bold', isBold: true },
    ],
  ],
  ['\u001b[35mink\u001b[m', [{ text: 'ink' }]],
])('%j is shown in its colours', (line, spans) => expect(ansiSpans(line)).toEqual(spans));

test('only http and https are links', () =>
  expect(
    linksIn('see https://a.example/x?y=1, javascript:alert(1) or file:///etc').filter((piece) => piece.url),
  ).toEqual([{ text: 'https://a.example/x?y=1,', url: 'https://a.example/x?y=1,' }]));
