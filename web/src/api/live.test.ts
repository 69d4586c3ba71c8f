import { expect, test } from 'vitest';
import { pauseBefore } from './live';

test('tries come after 1, 2, 4, 8, 15 seconds, and then every 15', () =>
  expect([0, 1, 2, 3, 4, 5, 50].map(pauseBefore)).toEqual([1000, 2000, 4000, 8000, 15000, 15000, 15000]));
