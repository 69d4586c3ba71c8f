// A daemon with something to look at, and a browser that looks at it. Used by *.test.mjs, which run.mjs runs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const require = createRequire(join(root, 'web/package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const screenshots = join(root, 'build/web-screenshots');
const program = process.env.STEPWELL_BIN ?? join(root, 'build/release/stepwell');

/** Polls until `condition` gives something; fails after a minute. */
export async function until(condition, what) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < deadline, `expected ${what} within a minute, but it did not come`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** One data folder and the daemon that serves it. */
export class Daemon {
  constructor({ open = true, workflows = {}, config } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'stepwell-web-'));
    this.open = open;
    this.port = 0;
    mkdirSync(join(this.folder, 'workflows'));
    for (const [name, definition] of Object.entries(workflows)) this.workflow(name, definition);
    if (config) this.configure(config);
  }
  /** Before start(). */
  configure(config) {
    writeFileSync(join(this.folder, 'stepwell.yaml'), JSON.stringify(config)); // JSON is YAML
    this.hasConfig = true;
  }
  workflow(name, definition) {
    writeFileSync(join(this.folder, 'workflows', `${name}.json`), JSON.stringify(definition));
  }
  async start() {
    const words = ['serve', '--data', join(this.folder, 'data'), '--listen', `127.0.0.1:${this.port}`];
    words.push('--workflows', join(this.folder, 'workflows'));
    if (this.open) words.push('--open');
    if (this.hasConfig) words.push('--config', join(this.folder, 'stepwell.yaml'));
    let output = '';
    this.process = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (text) => (output += text));
    const found = await until(() => {
      assert.equal(this.process.exitCode, null, `the daemon ended: ${output}`);
      return /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(output);
    }, 'the daemon to listen');
    this.port = Number(found[1]);
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }
  async kill() {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((done) => this.process.once('exit', done));
    this.process.kill('SIGKILL');
    await ended;
  }
  async end() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
  /** What one of the API's operations answers, for who owns the data folder. */
  async ask(method, path, body) {
    const headers = { 'Content-Type': 'application/json' };
    if (!this.open) headers.Authorization = `Bearer ${readFileSync(join(this.folder, 'data/admin.token'), 'utf8').trim()}`;
    const init = { method, headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
  /** Starts a run once its workflow is there, and gives its number. */
  async run(workflow, input = {}, name = undefined) {
    await until(async () => (await this.ask('GET', '/api/v1/workflows?limit=500')).items.some((one) => one.name === workflow), `the workflow ${workflow}`);
    return (await this.ask('POST', '/api/v1/runs', { workflow, input, ...(name ? { name } : {}) })).run;
  }
  async ended(run) {
    return until(async () => {
      const { status } = await this.ask('GET', `/api/v1/runs/${run}`);
      return status !== 'running' && status;
    }, `run ${run} to end`);
  }
}

let browser;

/** A page of its own, which must not complain: about a fault, a refused request, the policy, or an address elsewhere. */
export async function open({ width = 1440, height = 900, dark = false, storage, forgive = [] } = {}) {
  browser ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  // The policy stays in force; axe is evaluated, which it does not see.
  const context = await (await browser).newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    hasTouch: width < 500,
    ...(storage ? { storageState: storage } : {}),
  });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  page.on('request', (request) => {
    const origin = new URL(page.url() === 'about:blank' ? request.url() : page.url()).origin;
    if (new URL(request.url()).origin !== origin) faults.push(`a request left the origin: ${request.url()}`);
  });
  /** Fails where the page complained since it was last asked. */
  const complained = (forgiven = forgive) =>
    assert.deepEqual(faults.splice(0).filter((fault) => !forgiven.some((pattern) => pattern.test(fault))), []);
  return {
    page,
    context,
    complained,
    async close() {
      await context.close();
      complained();
    },
  };
}

export async function closeBrowser() {
  await (await browser)?.close();
  browser = undefined;
  screens.clear();
}

const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What depends on colours alone: all that another theme of the same elements can break. */
const rulesOfColour = ['color-contrast', 'link-in-text-block'];

/** What axe-core finds on the page: nothing. */
export async function checkAccess(page, what, rules = everyRule) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const found = await page.evaluate(
    async ({ runOnly }) => {
      // Bars that stick cover whatever the page happens to be scrolled to.
      for (const bar of document.querySelectorAll('.topbar, .tabbar, .actionbar, .bulkbar')) bar.style.position = 'static';
      return (await window.axe.run(document, { runOnly, resultTypes: ['violations'] })).violations.map(
        (one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`,
      );
    },
    { runOnly: rules },
  );
  assert.deepEqual(found, [], `axe-core on ${what}`);
}

/** Nothing is wider than the screen, no text runs over the edge of its box, and on a phone a thumb hits each button. */
export async function checkLayout(page, what) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    const faults = wide > 0 ? [`the page scrolls sideways by ${wide}`] : [];
    for (const element of document.querySelectorAll('h1, h2, a, button, .tile__note, .status, th, td, dd, .sub')) {
      const { overflowX, textOverflow, clip } = getComputedStyle(element);
      if (overflowX === 'hidden' && textOverflow !== 'ellipsis' && clip === 'auto' && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
        faults.push(`cut: ${element.textContent.slice(0, 60)}`);
    }
    const tapped = window.innerWidth < 500 ? document.querySelectorAll('.btn, .chip, .switch, .segmented, .tabs a, .search, .input, .avatar') : [];
    for (const element of tapped) {
      const { height } = element.getBoundingClientRect();
      if (height > 0 && height < 44) faults.push(`${height} px high: ${element.className} ${element.textContent.slice(0, 60)}`);
    }
    return faults;
  });
  assert.deepEqual(found, [], `the layout of ${what}`);
}

const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 1024, height: 768 }, phone: { width: 390, height: 844 } };
const looks = { wide: ['light', 'dark'], narrow: ['narrow'], phone: ['phone', 'phone-dark'] };
const screens = new Map();

/** One page a size for all that a file looks at: what it has loaded and compiled serves for the next visit. */
async function screenOf(size) {
  if (!screens.has(size)) screens.set(size, await open(sizes[size]));
  return screens.get(size);
}

async function keepPicture(page, name) {
  assert.equal(await page.locator('img').count(), 0, 'a text became an image');
  assert.notEqual(await page.title(), 'owned');
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

async function look(size, name, visit, forgive) {
  const { page, complained } = await screenOf(size);
  const [light, dark] = looks[size].map((one) => `${name}-${one}`);
  await page.emulateMedia({ colorScheme: 'light' });
  await visit(page);
  await keepPicture(page, light);
  await checkAccess(page, light);
  await checkLayout(page, light);
  if (dark) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await keepPicture(page, dark);
    await checkAccess(page, dark, rulesOfColour);
    await checkLayout(page, dark);
  }
  await page.goto('about:blank');
  complained(forgive);
}

/**
 * The page at each width and in both themes, kept as pictures, and checked. `visit` brings a page to what is to be
 * seen, once a width: the dark theme is that of the same elements. `forgive` is that of open().
 */
export async function pictures(name, visit, { forgive = [] } = {}) {
  mkdirSync(screenshots, { recursive: true });
  const seen = await Promise.allSettled(Object.keys(looks).map((size) => look(size, name, visit, forgive)));
  for (const one of seen) if (one.status === 'rejected') throw one.reason;
}
