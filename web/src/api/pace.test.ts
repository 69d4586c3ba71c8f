import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from './pace';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function counted(isAway = () => false) {
  let acts = 0;
  return { pace: new Pace({ act: () => acts++, every: 1000, isAway }), acts: () => acts };
}

test('the first wish is granted at once, those that follow it together, and none is forgotten', () => {
  const { pace, acts } = counted();
  for (let i = 0; i < 5; ++i) pace.want();
  expect(acts()).toBe(1);
  vi.advanceTimersByTime(999);
  expect(acts()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(acts()).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(acts()).toBe(2);
  pace.want();
  expect(acts()).toBe(3);
});

test('who is away is not asked, and once when back', () => {
  let isAway = true;
  const { pace, acts } = counted(() => isAway);
  pace.want();
  pace.want();
  vi.advanceTimersByTime(5000);
  expect(acts()).toBe(0);
  isAway = false;
  pace.resume();
  vi.advanceTimersByTime(5000);
  expect(acts()).toBe(1);
});

test('after the end nothing is done', () => {
  const { pace, acts } = counted();
  pace.want();
  pace.want();
  pace.stop();
  vi.advanceTimersByTime(5000);
  expect(acts()).toBe(1);
});
