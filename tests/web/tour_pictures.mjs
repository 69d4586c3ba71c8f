// Makes the pictures of docs/tour.md: `node tests/web/tour_pictures.mjs [DEMO]`, DEMO being what `./dev demo` leaves
// (build/demo). `./dev tour` does both.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { demoScene } from './demo_scene.mjs';
import { closeBrowser, open } from './support.mjs';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'docs/tour');
const BYTES_MAX = 150_000;
const screen = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

/** By the name of their file: where, what stands there when the page is whole, and how it is brought to it. */
const scenes = {
  home: { path: '/', text: 'E_QUALITY' },
  workflows: { path: '/workflows', text: 'flights-strict' },
  workflow: { path: '/workflows/flights', text: 'Load flights' },
  runs: { path: '/runs', text: 'E_QUALITY' },
  'run-failed': { path: '/runs/flights-strict/of-today', text: 'has not changed since' },
  redrive: { path: '/runs/flights-strict/of-today', text: 'Redrive this run', visit: (page) => page.locator('.head').getByRole('button', { name: 'Redrive…' }).click() },
  run: { path: (names) => `/runs/flights/${names.flights}`, text: 'Load flights' },
  'run-as-of': { path: (names) => `/runs/flights/${names.flights}?view=graph&at=${names.checked}`, text: 'TaskStateExited', visit: (page) => page.locator('.tabs').evaluate((tabs) => window.scrollTo(0, tabs.offsetTop - 60)) },
  queued: { path: '/runs/orders-intake/order-3', text: 'number 2 of 2' },
  data: { path: '/data/flights', text: 'read = good + rejected' },
  quarantine: { path: '/runs/flights-strict/of-today?view=data', text: 'rejected.parquet', visit: (page) => page.getByRole('heading', { name: 'Quarantine' }).scrollIntoViewIfNeeded() },
  'run-phone': { path: '/runs/flights-strict/of-today', text: 'has not changed since', size: phone },
};

async function take(daemon, names, [name, { path, text, visit, size = screen }]) {
  const view = await open(size);
  const { page } = view;
  await page.goto(daemon.url + (typeof path === 'string' ? path : path(names)));
  await page.locator('main').waitFor();
  await visit?.(page);
  await page.getByText(text).filter({ visible: true }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"], .skeleton') === null);
  const picture = await webp(await page.screenshot());
  await view.close();
  assert.ok(picture.length < BYTES_MAX, `expected ${name} to have less than ${BYTES_MAX} bytes, but it has ${picture.length}`);
  writeFileSync(join(folder, `${name}.webp`), picture);
  console.log(`${name}.webp  ${Math.round(picture.length / 1000)} kB`);
}

/** A PNG in the form that takes a third of the room; the browser makes it. */
async function webp(png) {
  const { page, context } = await open();
  const text = await page.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const made = await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 });
    return [...new Uint8Array(await made.arrayBuffer())];
  }, png.toString('base64'));
  await context.close();
  return Buffer.from(text);
}

mkdirSync(folder, { recursive: true });
const daemon = await demoScene(resolve(process.argv[2] ?? join(root, 'build/demo')));
try {
  const names = {};
  for (const run of (await daemon.ask('GET', '/api/v1/runs?limit=500')).items) names[run.workflow] = encodeURIComponent(run.name);
  const { items } = await daemon.ask('GET', `/api/v1/runs/flights%2F${names.flights}/history?limit=1000`);
  names.checked = items.find((event) => event.stateExitedEventDetails?.name === 'Validate').id;
  for (const scene of Object.entries(scenes)) await take(daemon, names, scene);
} finally {
  await daemon.end();
  await closeBrowser();
}
