import { expect, test } from 'vitest';
import { severity, statuses, statusNames, statusOf, wordOf, worst } from './status';

test('every status has an icon shape of its own', () => {
  const icons = statusNames.map((name) => statuses[name].icon);
  expect(new Set(icons).size).toBe(icons.length);
});
test('a failure is more severe than what runs, and that more than what went well', () => {
  expect(severity('failed')).toBeLessThan(severity('running'));
  expect(severity('running')).toBeLessThan(severity('succeeded'));
});
test('a lane takes the most severe status of its children', () => {
  expect(worst(['succeeded', 'caught', 'running'])).toBe('caught');
  expect(worst([])).toBe('not_reached');
});
test.each([
  ['SUCCEEDED', 'succeeded', 'Succeeded'],
  ['aborted', 'stopped', 'Stopped'],
  ['timed_out', 'timed_out', 'Timed out'],
  ['pending_redrive', 'queued', 'Queued, redrive'],
  ['of tomorrow', 'waiting', 'Waiting'],
])('%s is %s and reads %s', (word, status, text) => {
  expect(statusOf(word)).toBe(status);
  expect(wordOf(word)).toBe(text);
});
