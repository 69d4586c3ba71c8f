import { expect, test } from 'vitest';
import type { Schemas } from '@/api';
import { waitsOf } from './waits';

const explanation = (...reasons: Schemas['Explanation']['reasons']): Schemas['Explanation'] => ({
  subject: 'run',
  workflow: 'orders',
  code: reasons[0]?.code ?? 'RUNNING',
  reasons,
  passed: [],
  at: '2026-11-29T12:00:00Z',
});

test('a queued run says its pool, its place and who is before it', () => {
  const holders = [{ run: 1, name: 'a', workflow: 'orders', state: 'Work', since: '2026-11-29T11:00:00Z' }];
  const [wait] = waitsOf(
    explanation({ code: 'POOL_FULL', text: 'all are taken', pool: 'wh', place: 2, waiting: 3, holders }),
  );
  expect(wait?.title).toBe('Queued for a slot of pool wh, number 2 of 3');
  expect(wait?.holders).toEqual(holders);
});

test('one that waits for its workflow says its place alone', () => {
  const [wait] = waitsOf(explanation({ code: 'WORKFLOW_LIMIT', text: 'full', place: 1 }));
  expect(wait?.title).toBe('Queued for a place in its workflow, number 1');
  expect(wait?.holders).toEqual([]);
});

test('what is at work, and what it might have waited for, is no wait', () => {
  expect(waitsOf(undefined)).toEqual([]);
  expect(waitsOf(explanation({ code: 'RUNNING', text: 'at work' }))).toEqual([]);
  const both = explanation(
    { code: 'RUNNING', text: 'at work' },
    { code: 'WAITING_TIMER', text: 'until noon', until: '2026-11-29T12:30:00Z' },
  );
  expect(waitsOf(both).map((wait) => [wait.code, wait.until])).toEqual([
    ['WAITING_TIMER', '2026-11-29T12:30:00Z'],
  ]);
});
