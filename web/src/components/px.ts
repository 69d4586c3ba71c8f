/** A length for `style`; React sets it by script, which the Content-Security-Policy allows. */
export const px = (value: number, unit: 'px' | '%' = 'px'): string =>
  `${Math.round(value * 100) / 100}${unit}`;
