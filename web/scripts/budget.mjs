// Measures what the first load of a page costs: `npm run build` ends with it. Exits 1 above the budget.
// First load: the entry, what it imports statically, and the same of each page, whichever is the largest.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUDGET = 250_000;
const out = process.env.STEPWELL_WEB_OUT ?? 'dist';
const manifest = JSON.parse(readFileSync(join(out, '.vite/manifest.json'), 'utf8'));

const reach = (key, seen = new Set()) => {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) reach(next, seen);
  return seen;
};
const bytes = (keys) =>
  [...keys]
    .filter((key) => manifest[key].file.endsWith('.js'))
    .reduce(
      (sum, key) => sum + gzipSync(readFileSync(join(out, manifest[key].file)), { level: 9 }).length,
      0,
    );

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const pages = Object.keys(manifest).filter(
  (key) => manifest[key].isDynamicEntry && key.startsWith('src/pages/'),
);
const loads = [
  [entry, bytes(reach(entry))],
  ...pages.map((page) => [page, bytes(reach(page, reach(entry)))]),
];
for (const [name, size] of loads) console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${name}`);
const worst = Math.max(...loads.map(([, size]) => size));
if (worst > BUDGET) {
  console.error(
    `expected at most ${BUDGET / 1000} kB of compressed JavaScript at a first load, but a page takes ${worst / 1000} kB`,
  );
  process.exit(1);
}
