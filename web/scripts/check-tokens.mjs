// Measures tokens.css: `npm run tokens`, with `-- --table` for the figures. Exits 1 when a pair misses its floor.
// Contrast is WCAG 2.2's ratio. Distance is CIEDE2000 after simulating colour vision with the matrices of
// Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
import { readFileSync } from 'node:fs';

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');
const block = (start) => {
  const from = css.indexOf('{', css.indexOf(start)) + 1;
  return Object.fromEntries([...css.slice(from, css.indexOf('\n}', from)).matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map((m) => [m[1], m[2]]));
};
const light = block(':root');
const themes = { light, dark: { ...light, ...block('[data-theme="dark"]') } };

const STATUS = ['failed', 'succeeded', 'running', 'waiting', 'stopped', 'idle'];
const LABELLED = ['failed', 'running', 'waiting', 'stopped']; // fills that carry words in the timeline
const GROUNDS = ['page', 'surface', 'raised', 'sunken', 'hover', 'selected'];
const TEXT = 4.5, MARK = 3, APART = 15;

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const luminance = (hex) => channels(hex).map(linear).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (a, b) => {
  const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
};

const VISION = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const seen = (hex, vision) => {
  const c = channels(hex).map(linear);
  return VISION[vision].map((row) => Math.min(1, Math.max(0, row.reduce((sum, k, i) => sum + k * c[i], 0))));
};
const lab = ([r, g, b]) => {
  const f = (t) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};
function ciede2000([L1, a1, b1], [L2, a2, b2]) {
  const deg = Math.PI / 180, cos = (d) => Math.cos(d * deg), sin = (d) => Math.sin(d * deg);
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const G = 0.5 * (1 - Math.sqrt(mean ** 7 / (mean ** 7 + 25 ** 7)));
  const [A1, A2] = [a1 * (1 + G), a2 * (1 + G)];
  const [C1, C2] = [Math.hypot(A1, b1), Math.hypot(A2, b2)];
  const hue = (a, b) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / deg + 360) % 360);
  const [h1, h2] = [hue(A1, b1), hue(A2, b2)];
  const grey = C1 * C2 === 0;
  let dh = grey ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  if (dh < -180) dh += 360;
  const [dL, dC, dH] = [L2 - L1, C2 - C1, 2 * Math.sqrt(C1 * C2) * sin(dh / 2)];
  const [Lm, Cm] = [(L1 + L2) / 2, (C1 + C2) / 2];
  const hm = grey ? h1 + h2 : Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : (h1 + h2 + (h1 + h2 < 360 ? 360 : -360)) / 2;
  const T = 1 - 0.17 * cos(hm - 30) + 0.24 * cos(2 * hm) + 0.32 * cos(3 * hm + 6) - 0.2 * cos(4 * hm - 63);
  const SL = 1 + (0.015 * (Lm - 50) ** 2) / Math.sqrt(20 + (Lm - 50) ** 2), SC = 1 + 0.045 * Cm, SH = 1 + 0.015 * Cm * T;
  const RT = -2 * Math.sqrt(Cm ** 7 / (Cm ** 7 + 25 ** 7)) * sin(60 * Math.exp(-(((hm - 275) / 25) ** 2)));
  return Math.sqrt((dL / SL) ** 2 + (dC / SC) ** 2 + (dH / SH) ** 2 + RT * (dC / SC) * (dH / SH));
}

let misses = 0;
const table = process.argv.includes('--table');
const judge = (theme, what, value, floor) => {
  const bad = value < floor;
  misses += bad;
  if (bad || table) console.log(`${bad ? 'MISS' : 'ok  '} ${theme.padEnd(5)} ${what.padEnd(44)} ${value.toFixed(2)} (floor ${floor})`);
  return value;
};

for (const [theme, t] of Object.entries(themes)) {
  const worst = { text: 99, mark: 99, apart: 99 };
  const text = (fg, bg) => (worst.text = Math.min(worst.text, judge(theme, `text ${fg} on ${bg}`, contrast(t[fg], t[bg]), TEXT)));
  const mark = (fg, bg) => (worst.mark = Math.min(worst.mark, judge(theme, `mark ${fg} on ${bg}`, contrast(t[fg], t[bg]), MARK)));

  for (const bg of GROUNDS) for (const ink of ['ink', 'ink-2', 'ink-3', 'accent']) text(ink, bg);
  for (const s of STATUS) {
    for (const bg of [...GROUNDS, `${s}-tint`]) text(`${s}-fg`, bg);
    text('ink', `${s}-tint`);
    text('ink-2', `${s}-tint`);
    if (LABELLED.includes(s)) text(`${s}-on`, s); else mark(`${s}-on`, s);
    if (s !== 'idle') for (const bg of ['page', 'surface', 'sunken']) mark(s, bg);
  }
  for (const code of ['key', 'string', 'number', 'literal', 'comment']) for (const bg of ['code-bg', 'surface']) text(`code-${code}`, bg);
  for (const d of ['add', 'del', 'chg']) text(`${d}-fg`, `${d}-tint`);
  text('ink', 'succeeded-quiet');
  text('on-inverse', 'inverse');
  text('ink', 'hit');
  for (const bg of ['page', 'surface', 'sunken']) { mark('control', bg); mark('focus', bg); }

  for (const vision of Object.keys(VISION)) {
    let least = [99];
    // The quiet fill stands beside the four loud ones; what was not reached is hollow, never filled.
    const fills = [...STATUS, 'succeeded-quiet'];
    fills.forEach((a, i) => fills.slice(i + 1).filter((b) => b !== 'succeeded-quiet' || LABELLED.includes(a)).forEach((b) => {
      const d = ciede2000(lab(seen(t[a], vision)), lab(seen(t[b], vision)));
      judge(theme, `apart ${a} / ${b}, ${vision}`, d, APART);
      if (d < least[0]) least = [d, a, b];
    }));
    worst.apart = Math.min(worst.apart, least[0]);
    console.log(`     ${theme.padEnd(5)} ${vision.padEnd(13)} nearest two fills: ${least[1]} and ${least[2]}, ${least[0].toFixed(1)}`);
  }
  console.log(`     ${theme.padEnd(5)} least: text ${worst.text.toFixed(2)}:1, mark ${worst.mark.toFixed(2)}:1, fills ${worst.apart.toFixed(1)} ΔE2000 apart`);
}
console.log(misses ? `${misses} pairs miss their floor` : 'all pairs hold');
process.exit(misses ? 1 : 0);
