import { expect, test } from 'vitest';
import { parseJson, printJson, type Node } from './parse';
import { foldedAtFirst, hitsOf, jsonataPath, jsonPath, linesOf } from './lines';

const parsed = (text: string): Node => {
  const node = parseJson(text);
  if (!node) throw new Error(`no JSON: ${text}`);
  return node;
};

test.each([
  '{"id":12345678901234567890,"rate":0.10,"e":1E+400}',
  '{"a":1,"a":2,"":{"b":[]}}',
  '[null,true,false,"\\u0000\\"x"]',
  '"text"',
])('%s stays as it was written', (text) => expect(printJson(parsed(text))).toBe(text));

test.each(['', '{', '{"a" 1}', '[1,]', '01', 'nul', '{"a":1}x', "{'a':1}"])('%j is no JSON', (text) =>
  expect(parseJson(text)).toBeUndefined(),
);

test('what is nested too deeply is shown as text, and nothing breaks', () =>
  expect(parseJson('['.repeat(100_000))).toBeUndefined());

test('a short object stands on one line, a long one on many', () => {
  const lines = linesOf(parsed('{"rows":{"read":1,"good":2},"list":[{"a":1},{"a":2}]}'), new Set());
  expect(lines.map((line) => line.show)).toEqual([
    'open',
    'short',
    'open',
    'short',
    'short',
    'close',
    'close',
  ]);
});

test('more than a hundred lines are folded, and the outline stays', () => {
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`k${i}`, { a: { x: 1, y: [1] }, b: [[1], [2]] }]),
  );
  const root = parsed(JSON.stringify({ many, few: 1 }));
  const lines = linesOf(root, foldedAtFirst(root));
  expect(lines.length).toBeLessThanOrEqual(100);
  expect(lines.map((line) => line.key)).toContain('few');
});

test('paths are those of the two languages', () => {
  expect(jsonPath(['rows', 0, "it's", 'a.b'])).toBe("$.rows[0]['it\\'s']['a.b']");
  expect(jsonataPath(['rows', 0, 'a b'], '$states.input')).toBe('$states.input.rows[0].`a b`');
});

test('a search finds keys and values, whatever their capitals', () =>
  expect(hitsOf(parsed('{"Delay":1,"x":["no delay",{"y":"DELAY"}]}'), 'delay')).toEqual([
    { path: ['Delay'], where: 'key' },
    { path: ['x', 0], where: 'value' },
    { path: ['x', 1, 'y'], where: 'value' },
  ]));
