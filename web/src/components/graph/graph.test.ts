import Elk from 'elkjs/lib/elk.bundled.js';
import { expect, test } from 'vitest';
import { definitionAt, isMachine, type Machine } from './definition';
import { elkOf, layoutFrom, pathOf, type Layout } from './layout';
import { graphOf, ruleText } from './model';

const machine: Machine = {
  StartAt: 'Each',
  States: {
    Report: { Type: 'Task', Resource: 'stepwell:notify', End: true },
    Each: {
      Type: 'Map',
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'A/B',
        States: { 'A/B': { Type: 'Task', Next: 'C' }, C: { Type: 'Pass', End: true } },
      },
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Report' }],
      Next: 'Any?',
    },
    'Any?': {
      Type: 'Choice',
      Choices: [{ Variable: '$.n', NumericGreaterThan: 0, Next: 'Each' }],
      Default: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'L', States: { L: { Type: 'Pass', End: true } } },
        { StartAt: 'R', States: { R: { Type: 'Pass', End: true } } },
      ],
      Next: 'Report',
    },
  },
};

const measure = (text: string) => text.length * 7;

async function laidOut(): Promise<Layout> {
  const made = elkOf(graphOf(machine, new Set()), measure);
  return layoutFrom(await new Elk().layout(made.elk), made);
}

test('states stand in the order of the flow, with the ways between them', () => {
  const graph = graphOf(machine, new Set());
  expect(graph.nodes.map((node) => node.id)).toEqual(['Each', 'Any?', 'Both', 'Report']);
  expect(graph.nodes[0]?.branches[0]?.nodes.map((node) => node.id)).toEqual(['Each/A/B', 'Each/C']);
  expect(graph.edges.map((edge) => [edge.id, edge.kind, edge.label])).toEqual([
    ['Each→Any?', 'next', ''],
    ['Each→Report!', 'catch', 'catch States.ALL'],
    ['Any?→Each', 'choice', 'n > 0'],
    ['Any?→Both', 'choice', 'otherwise'],
    ['Both→Report', 'next', ''],
  ]);
});

test('a state is found by its path, also with a slash in its name', () => {
  expect(definitionAt(machine, 'Each/A/B')).toEqual({ Type: 'Task', Next: 'C' });
  expect(definitionAt(machine, 'Each/Nothing')).toBeUndefined();
  expect(isMachine({ StartAt: 'x' })).toBe(false);
});

test.each([
  [{ Variable: '$.rejected', NumericGreaterThan: 0 }, 'rejected > 0'],
  [{ Variable: '$.ok', BooleanEquals: false }, 'not ok'],
  [{ Variable: '$.x', IsPresent: true }, 'x is present'],
  [
    { And: [{ Variable: '$.a', StringEquals: 'b' }, { Not: { Variable: '$.c', IsNull: true } }] },
    'a = b and not c is null',
  ],
  [{ Condition: '{% $n > 1 %}' }, '$n > 1'],
])('the rule %j is said as %s', (rule, text) => expect(ruleText(rule)).toBe(text));

test('nothing overlaps but lanes and what they hold, and every way is drawn', async () => {
  const { boxes, lines } = await laidOut();
  for (const a of boxes) {
    for (const b of boxes) {
      if (a === b || a.parent !== b.parent) continue;
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart, `${a.id} and ${b.id}`).toBe(true);
    }
    const parent = boxes.find((box) => box.id === a.parent);
    if (parent)
      expect(
        a.x >= 0 && a.y >= 34 && a.x + a.width <= parent.width && a.y + a.height <= parent.height,
        a.id,
      ).toBe(true);
  }
  expect(lines.length).toBe(5 + 1 + 1 + 1);
  expect(boxes.find((box) => box.id === 'Each/C')?.x).toBeGreaterThan(
    boxes.find((box) => box.id === 'Each/A/B')?.x ?? 0,
  );
});

test('over three hundred states lanes are folded until they are opened', () => {
  const inner = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => [
      `s${i}`,
      { Type: 'Pass', ...(i < 399 ? { Next: `s${i + 1}` } : { End: true }) },
    ]),
  );
  const large: Machine = {
    StartAt: 'M',
    States: { M: { Type: 'Map', ItemProcessor: { StartAt: 's0', States: inner }, End: true } },
  };
  expect(graphOf(large, new Set()).nodes[0]?.isFolded).toBe(true);
  expect(graphOf(large, new Set(['M'])).nodes[0]?.branches[0]?.nodes.length).toBe(400);
});

test('a line turns in round corners', () =>
  expect(
    pathOf(
      [
        { x: 0, y: 0 },
        { x: 0, y: 20 },
        { x: 40, y: 20 },
      ],
      8,
    ),
  ).toBe('M0 0L0 12Q0 20 8 20L40 20'));
