// How long pages take in a browser: `node tests/bench/web_pages.mjs URL TIMES` prints medians as JSON. web_pages.py
// starts the daemon.
import { closeBrowser, open } from '../web/support.mjs';

const [url, times] = [process.argv[2], Number(process.argv[3] ?? 15)];

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];

/** Milliseconds from `act` until `there` is in sight. */
async function spent(act, there) {
  const begun = performance.now();
  await act();
  await there();
  return performance.now() - begun;
}

async function figure(name, note, once) {
  const all = [];
  for (let i = 0; i < times; ++i) all.push(...(await once(i)));
  return { name, note, ms: median(all) };
}

/** Nothing is cached: the figures of Home stand where they belong. */
async function firstContent() {
  const view = await open();
  const ms = await spent(
    () => view.page.goto(url, { waitUntil: 'commit' }),
    () => view.page.locator('.tile__figure').first().waitFor(),
  );
  await view.context.close();
  return [ms];
}

const rowsOf = async (page) => (await page.locator('tbody tr').first().textContent()) ?? '';

/** From one page of the product to another: what failed and why, and the graph. */
async function runPage(page, target) {
  await page.goto(`${url}/runs?status=failed,timed_out&workflow=w3`);
  const link = page.locator('tbody a[href^="/runs/w3/"]').first();
  await link.waitFor();
  return [await spent(() => link.click(), () => page.locator(target).first().waitFor())];
}

/** The list as it was, until rows of the filter stand there. */
async function filter(page) {
  await page.goto(`${url}/runs`);
  await page.locator('tbody tr').first().waitFor();
  const before = await rowsOf(page);
  const tab = page.getByRole('link', { name: 'Failed in a day' });
  return [
    await spent(
      () => tab.click(),
      () => page.waitForFunction((old) => (document.querySelector('tbody tr')?.textContent ?? old) !== old && !document.querySelector('[aria-busy="true"]'), before),
    ),
  ];
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
