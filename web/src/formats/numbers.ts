// Numbers as people read them. Data, code and what is copied take `String(n)` instead.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `502,259`; a minus is U+2212. */
export function formatNumber(n: number): string {
  return grouped.format(n).replace('-', '−');
}

/** `14.2 M`, only where space is fixed: the exact number goes into the title. */
export function formatCompact(n: number): string {
  const size = Math.abs(n);
  for (const [limit, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    if (size >= limit) {
      const scaled = n / (unit === 'k' ? 1e3 : limit);
      return `${scaled.toFixed(Math.abs(scaled) < 100 ? 1 : 0).replace('-', '−')} ${unit}`;
    }
  }
  return formatNumber(n);
}

/** Two significant digits, as many more as it takes not to say 100% of what is less. */
export function formatPercent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0%';
  if (part === whole) return '100%';
  const percent = (part / whole) * 100;
  for (let digits = 2; digits < 12; ++digits) {
    const rounded = Number(percent.toPrecision(digits));
    if (percent > 100 || rounded < 100) return `${plain(rounded, digits)}%`;
  }
  return '100%';
}

function plain(n: number, digits: number): string {
  // toPrecision says 1.0e-7 of small ones.
  const places =
    n >= 1 ? Math.max(0, digits - Math.floor(Math.log10(n)) - 1) : digits - 1 - Math.floor(Math.log10(n));
  return n.toFixed(Math.min(12, places));
}

/** `37 of 502,259 (0.0074%)`. */
export function formatShare(part: number, whole: number): string {
  return `${formatNumber(part)} of ${formatNumber(whole)} (${formatPercent(part, whole)})`;
}

/** `1 run`, `13 runs`. */
export function formatCount(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

/** `17.7 MB`, in powers of ten; the exact number goes into the title. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let n = Math.abs(bytes);
  let unit = 0;
  // 999.95 kB would be shown as 1000 kB.
  while (unit < units.length - 1 && n >= (unit === 0 ? 1000 : 999.5)) {
    n /= 1000;
    unit++;
  }
  const sign = bytes < 0 ? '−' : '';
  return `${sign}${n.toFixed(unit === 0 || n >= 99.95 ? 0 : 1)} ${units[unit] ?? ''}`;
}
