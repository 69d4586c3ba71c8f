// Every page at each width and in both themes: pictures, axe-core, nothing cut, no complaint of the browser.
import { after, before, test } from 'node:test';
import { scene } from './scene.mjs';
import { closeBrowser, pictures } from './support.mjs';

let daemon;
const names = {};
before(async () => {
  daemon = await scene();
  for (const run of (await daemon.ask('GET', '/api/v1/runs?limit=500')).items) {
    names[run.workflow] ??= {};
    names[run.workflow][run.status] ??= encodeURIComponent(run.name);
  }
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

/** By the name of their pictures: where they are, and what stands on them when they are whole. */
const places = {
  runs: () => ['/runs', 'weather-hourly'],
  'runs-failed': () => ['/runs?status=failed,timed_out', 'E_TIMEOUT'],
  'run-failed': () => [`/runs/weather-hourly/${names['weather-hourly'].failed}`, 'E_TIMEOUT'],
  'run-succeeded': () => [`/runs/weather-hourly/${names['weather-hourly'].succeeded}`, 'Succeeded'],
  'run-running': () => ['/runs/orders-intake/order-0', 'Running'],
  'run-queued': () => ['/runs/orders-intake/order-3', 'Queued for a slot of pool warehouse, number 2 of 2'],
  'run-waiting': () => ['/runs/ledger-reconcile/2026-11-21.0600', 'Work'],
  'run-hostile': () => [`/runs/hostile-texts/${names['hostile-texts'].failed}`, 'E_HTML'],
  workflows: () => ['/workflows', 'weather-hourly'],
  workflow: () => ['/workflows/weather-hourly', 'Fetch observations'],
  'runs-hostile': () => ['/runs?workflow=hostile-*', 'E_HTML'],
  'workflow-hostile': () => ['/workflows/hostile-texts', 'Work'],
  'run-hostile-events': () => [`/runs/hostile-texts/${names['hostile-texts'].failed}?view=events`, 'FailStateEntered'],
  logs: () => ['/logs', 'Logs'],
  data: () => ['/data', 'Data'],
  pools: () => ['/operations/pools', 'warehouse'],
  sensors: () => ['/operations/sensors', 'Sensors'],
  schedules: () => ['/operations/schedules', 'daily-analytics-refresh'],
  deliveries: () => ['/operations/webhooks', 'Deliveries'],
  storage: () => ['/operations/storage', 'Storage'],
  backups: () => ['/operations/backups', 'Backups'],
  audit: () => ['/operations/audit', 'Audit'],
  users: () => ['/operations/users', 'Users'],
  tokens: () => ['/operations/tokens', 'Tokens'],
  secrets: () => ['/operations/secrets', 'Secrets'],
  api: () => ['/operations/api', 'API'],
};

for (const [name, where] of Object.entries(places)) {
  test(`${name} looks as it should at each width and in both themes`, async () => {
    await pictures(name, async (page) => {
      const [path, text] = where();
      await page.goto(daemon.url + path);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    });
  });
}
