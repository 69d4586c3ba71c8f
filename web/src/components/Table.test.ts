import { expect, test } from 'vitest';
import { slice } from './Table';

const height = (row: number): number => (row % 10 === 0 ? 59 : 34);

test('rows drawn and room left for the others are always as high as all', () => {
  const count = 5000;
  const whole = Array.from({ length: count }, (_, i) => height(i)).reduce((a, b) => a + b);
  for (let top = -500; top < whole + 500; top += 977) {
    const { from, to, above, below } = slice(count, height, top, top + 900);
    let drawn = 0;
    for (let i = from; i < to; ++i) drawn += height(i);
    expect(above + drawn + below).toBe(whole);
    if (top > 0 && top + 900 < whole) expect(drawn).toBeGreaterThanOrEqual(900);
  }
});
