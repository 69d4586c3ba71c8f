// Home: is anything wrong, what runs, what comes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hostile, scene } from './scene.mjs';
import { checkAccess, closeBrowser, Daemon, open, pictures, until } from './support.mjs';

let daemon;
before(async () => {
  daemon = await scene();
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

const figure = (page, word) =>
  page.locator('.tile', { has: page.getByText(word, { exact: true }) }).locator('.tile__figure').textContent();

test('Home says how many failed, run, wait and went well, and why', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  await page.getByText('Failures by cause').waitFor();
  assert.equal(await figure(page, 'Failed'), '8');
  assert.equal(await figure(page, 'Running'), '5');
  assert.equal(await figure(page, 'Queued'), '2');
  assert.equal(await figure(page, 'Waiting'), '1');
  assert.equal(await figure(page, 'Succeeded'), '19');
  const causes = page.locator('.cause:not(.cause--head)');
  assert.equal(await causes.count(), 4);
  assert.match(await causes.last().textContent(), /inventory-snapshot.*Recovered/s);
  assert.match(await page.locator('.cause', { hasText: 'weather-hourly' }).textContent(), /E_TIMEOUT.*‹url›.*Still failing/s);
  assert.match(await page.locator('.rows--run').textContent(), /first in pool warehouse.*2 slots held/s);
  assert.match(await page.locator('.rows--next').textContent(), /every \d+ hours/);
  assert.equal(await page.title(), 'Home · Stepwell');
  await view.close();
});

test('a cause has a menu: what was said is copied, and all runs that failed so are listed', async () => {
  const view = await open();
  const { page, context } = view;
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: daemon.url });
  await page.goto(daemon.url);
  const menu = page.getByRole('button', { name: 'What to do about E_TIMEOUT of weather-hourly' });
  await menu.click();
  await page.getByRole('menuitem', { name: 'Copy the cause' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^weather-hourly, Fetch observations: E_TIMEOUT: no answer from https:.* within 30 s$/);
  assert.equal(new URL(page.url()).pathname, '/', 'the row was not opened');
  await menu.click();
  await page.getByRole('menuitem', { name: 'All runs that failed so' }).click();
  await page.getByText('3 runs, newest first').waitFor();
  const { groups } = /\?fingerprint=(?<id>[0-9a-f]{16})&start=/.exec(page.url());
  await page.getByRole('button', { name: 'Drop the filter Cause' }).or(page.locator('.chip', { hasText: groups.id })).first().waitFor();
  await view.close();
});

test('a queued run says for what it waits, its place, and who is before it', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/orders-intake/order-2`);
  const waits = page.getByRole('region', { name: 'Queued for a slot of pool warehouse, number 1 of 2' });
  await waits.getByRole('link', { name: 'orders-intake order-0' }).waitFor();
  const first = (await daemon.ask('GET', '/api/v1/runs?workflow=orders-intake&limit=10')).items.find((one) => one.name === 'order-0');
  await daemon.ask('POST', `/api/v1/runs/${first.run}/stop`, {});
  await until(async () => (await waits.count()) === 0, 'it to have its slot');
  await page.goto(`${daemon.url}/runs/orders-intake/order-3`);
  await page.getByRole('region', { name: 'Queued for a slot of pool warehouse, number 1 of 1' }).waitFor();
  await daemon.run('orders-intake', {}, 'order-4'); // so that the counts of the other tests hold
  await view.close();
});

test('a text from outside is shown as text, with what cannot be seen by its name', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  const row = page.locator('.cause', { hasText: 'hostile-texts' });
  const text = await row.textContent();
  assert.ok(text.includes('<img src=x onerror='), text);
  assert.ok(text.includes('U+202Egnp.exe␛[') && text.includes('</script><b>bold') && text.includes('E_HTML<i>'), text);
  assert.ok(!text.includes(hostile));
  assert.equal(await row.locator('img, b, i').count(), 0);
  await view.close();
});

test('a run that starts and one that ends change the page by themselves', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByText('Live', { exact: true }).waitFor();
  const run = await daemon.run('ledger-reconcile');
  await until(async () => (await figure(page, 'Waiting')) === '2', 'the tile to count the new run');
  await daemon.ask('POST', `/api/v1/runs/${run}/stop`, {});
  await until(async () => (await figure(page, 'Waiting')) === '1', 'the tile to forget it');
  await view.close();
});

test('an answer that is not complete yet is asked for anew, though no event tells of it', async () => {
  const view = await open();
  const { page } = view;
  let asked = 0;
  await page.route('**/api/v1/home?*', async (route) => {
    const response = await route.fetch();
    const home = await response.json();
    if (asked++ > 0) return route.fulfill({ response, json: home });
    home.tiles.failed.count = 999;
    return route.fulfill({ response, json: { ...home, complete: false } });
  });
  await page.goto(daemon.url);
  await until(async () => (await figure(page, 'Failed')) === '999', 'the first answer');
  await until(async () => (await figure(page, 'Failed')) === '8', 'the next one');
  await view.close();
});

test('the link says what the page shows, and back undoes a click', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByRole('button', { name: '7 d' }).click();
  await page.getByRole('heading', { name: 'Last 7 days' }).waitFor();
  assert.equal(new URL(page.url()).search, '?range=7d');
  await page.goBack();
  await page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  await page.goto(`${daemon.url}/?range=6h&unknown=1`);
  await page.getByRole('heading', { name: 'Last 6 hours' }).waitFor();
  await view.close();
});

test('a value that cannot be is named and left out', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/?range=fortnight&brush=x`);
  await page.getByText(/Expected range to be one of 1h, .* but the link says “fortnight”: it was left out/).waitFor();
  await until(() => new URL(page.url()).search === '', 'the link to be mended');
  await view.close();
});

test('a stretch of time is chosen by keys, named in the link, and zoomed into', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByRole('group', { name: /Choose a stretch/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.getByText(/chosen: \d+ runs?, \d+ failed/).waitFor();
  assert.match(new URL(page.url()).searchParams.get('brush'), /^\d{4}-.*Z\.\.\d{4}-.*Z$/);
  await page.keyboard.press('Escape');
  await until(() => !page.url().includes('brush'), 'the stretch to be forgotten');
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await until(() => new URL(page.url()).searchParams.has('from'), 'the link to say the stretch');
  await view.close();
});

test('keys lead through the page and to the others, and a sheet lists them', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByText('Failures by cause').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.match(await page.locator('.cause.is-chosen').textContent(), /weather-hourly/);
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.getByText('Next and previous cause').waitFor();
  await checkAccess(page, 'the sheet of keys');
  await page.keyboard.press('Escape');
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'light');
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  assert.equal(await theme(), 'dark');
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await until(() => new URL(page.url()).pathname === '/runs', 'the list of runs');
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await until(() => new URL(page.url()).pathname === '/', 'Home');
  await page.getByText('Failures by cause').waitFor();
  await page.keyboard.press('1');
  await until(() => page.url().includes('/runs?status=failed,timed_out'), 'the runs of the first tile');
  await view.close();
});

test('a chart can be read as a table', async () => {
  const view = await open();
  await view.page.goto(daemon.url);
  await view.page.getByRole('button', { name: 'As table' }).click();
  assert.equal(await view.page.getByRole('region', { name: /as a table/ }).locator('tbody tr').count(), 48);
  await view.close();
});

test('a daemon that is killed and comes back is told of, and nothing is lost', async () => {
  const view = await open({ forgive: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/] });
  const { page } = view;
  await page.goto(daemon.url);
  await page.getByText('Live', { exact: true }).waitFor();
  const before = await figure(page, 'Failed');
  await daemon.kill();
  await page.getByText(/No connection to the daemon: the page is as of \d\d:\d\d; next try in \d+ s/).waitFor();
  assert.equal(await figure(page, 'Failed'), before);
  await daemon.start();
  const run = await daemon.run('hostile-texts');
  await page.getByText(/Daemon restarted at \d\d:\d\d, nothing lost/).waitFor();
  await daemon.ended(run);
  let failed = before;
  await until(async () => (failed = await figure(page, 'Failed')) === String(Number(before) + 1), 'the run of meanwhile to be counted').catch(
    (fault) => assert.fail(`${fault.message}: ${before} before, ${failed} now`),
  );
  await until(async () => (await page.getByText(/Daemon restarted/).count()) === 0, 'the strap to go');
  await view.close();
});

test('Home looks as it should at each width and in both themes', async () => {
  await pictures('home', async (page) => {
    await page.goto(daemon.url);
    await page.getByText('Failures by cause').waitFor();
    await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  });
});

test('an empty daemon says what to do first', async (t) => {
  const empty = await new Daemon().start();
  t.after(() => empty.end());
  await pictures('home-empty', async (page) => {
    await page.goto(empty.url);
    await page.getByRole('heading', { name: 'No run yet' }).waitFor();
  });
});
