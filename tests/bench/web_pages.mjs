// How long pages take in a browser: `node tests/bench/web_pages.mjs URL TIMES` prints medians as JSON. web_pages.py
// starts the daemon.
import { closeBrowser, open } from '../web/support.mjs';

const [url, times] = [process.argv[2], Number(process.argv[3] ?? 15)];

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

/**
 * Milliseconds from a click until what it asks for is in sight, by the page's own clock: an element that was not there,
 * or other rows than before, and nothing of the page waits.
 */
const spent = (page, clicked, { appears, changes }) =>
  page.evaluate(
    async ([clicked, appears, changes]) => {
      const textOf = () => document.querySelector(changes)?.textContent;
      const before = changes && textOf();
      const isThere = () => (appears ? document.querySelector(appears) !== null : textOf() !== before && !document.querySelector('[aria-busy="true"]'));
      const begun = performance.now();
      document.querySelector(clicked).click();
      while (!isThere()) await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    },
    [clicked, appears, changes],
  );

async function figure(name, note, once) {
  const all = [];
  for (let i = 0; i < times; ++i) all.push(...(await once(i)));
  return { name, note, ms: median(all) };
}

/** Nothing is cached: from the navigation until the figures of Home stand where they belong. */
async function firstContent() {
  const view = await open();
  await view.page.addInitScript(() => {
    const look = () => (document.querySelector('.tile__figure') ? (window.there = performance.now()) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  await view.page.goto(url);
  const ms = await (await view.page.waitForFunction(() => window.there)).jsonValue();
  await view.context.close();
  return [ms];
}

/** From the list to a run: what failed and why, or its graph. */
async function runPage(page, target) {
  await page.goto(`${url}/runs?status=failed,timed_out&workflow=w3`);
  const link = 'tbody a[href^="/runs/w3/"]';
  await page.locator(link).first().waitFor();
  return [await spent(page, link, { appears: target })];
}

/** The list as it was, until rows of the filter stand there. */
async function filter(page) {
  await page.goto(`${url}/runs`);
  await page.locator('tbody tr').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  return [await spent(page, '.views a[href*="status=failed"]', { changes: 'tbody tr' })];
}

const view = await open();
const figures = [
  await figure('first content', 'Home, nothing cached', firstContent),
  await figure('the page of a run', 'what failed and why, from the list', () => runPage(view.page, '.banner')),
  await figure('the graph of a run', 'laid out, from the list', () => runPage(view.page, '.node')),
  await figure('a filter of the list', 'until its rows stand there', () => filter(view.page)),
];
await view.context.close();
await closeBrowser();
console.log(JSON.stringify(figures, null, 2));
