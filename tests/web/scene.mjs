// What there is to see: workflows that failed, recovered, run, wait for each other and for a time, and texts that are
// made to break a page.
import { Daemon } from './support.mjs';

const task = (script) => ({ Type: 'Task', Resource: 'stepwell:shell', Parameters: { script }, End: true });
const failsOn = (error, cause, path = 'Work') => ({
  StartAt: 'Look',
  States: {
    Look: { Type: 'Choice', Choices: [{ Variable: '$.bad', BooleanEquals: true, Next: path }], Default: 'Good' },
    [path]: { Type: 'Fail', Error: error, CausePath: "States.Format('" + cause + "', $.n)" },
    Good: { Type: 'Succeed' },
  },
});
const one = (state) => ({ StartAt: 'Work', States: { Work: state } });

/** Schedules are shown, and none of them fires while tests count what is there: each is at least two hours away. */
const hoursNow = Date.now() / 3_600_000;
const isFar = (hours) => hours - (hoursNow % hours) > 2; // a rate fires on a grid from 1970 on
const often = `${[5, 7, 11, 13].find(isFar) ?? 17} hours`;
const seldom = `${[19, 23, 29, 31].find(isFar) ?? 37} hours`;
const laterUtc = Math.floor(hoursNow + 4) % 24;
const daily = `0 ${laterUtc} * * *`;

/** Texts that are no text anywhere but on a page that does not take care. */
export const hostile = '<img src=x onerror="document.title=\'owned\'">\u202egnp.exe\u001b[31m</script><b>bold';

export const workflows = {
  'weather-hourly': { ...failsOn('E_TIMEOUT', 'no answer from https://weather.example/v1?id={} within 30 s', 'Fetch observations'), schedules: [{ name: 'daily', cron: daily }] },
  'crm-contacts-sync': { ...failsOn('E_DUPLICATE_KEY', '{} keys stand more than once in the source: contact_id', 'Upsert contacts'), schedules: [{ rate: seldom }] },
  'inventory-snapshot': { ...failsOn('E_MEMORY', 'task host killed at its limit of {} MB', 'Snapshot'), schedules: [{ rate: often }] },
  'daily-analytics-refresh': { ...one({ Type: 'Succeed' }), schedules: [{ cron: daily, timezone: 'Asia/Tokyo' }] },
  'orders-intake': { ...one(task('sleep 600')), pool: 'warehouse' },
  'ledger-reconcile': one({ Type: 'Wait', Seconds: 3600, End: true }),
  'hostile-texts': one({ Type: 'Fail', Error: 'E_HTML<i>', Cause: hostile }),
};

export const config = { pools: { warehouse: { slots: 2 } } };

/** Plays all of it; the daemon goes on. */
export async function play(daemon, { isHostile = true } = {}) {
  const both = async (workflow, bads) => {
    for (const [n, bad] of bads.entries()) await daemon.ended(await daemon.run(workflow, { bad, n: n + 100 }));
  };
  await both('inventory-snapshot', [false, true, true, ...Array(9).fill(false)]);
  await both('crm-contacts-sync', [true, false, true]);
  await both('weather-hourly', [...Array(8).fill(false), true, true, true]);
  if (isHostile) await daemon.ended(await daemon.run('hostile-texts'));
  const stopped = await daemon.run('ledger-reconcile');
  await daemon.ask('POST', `/api/v1/runs/${stopped}/stop`, {});
  await daemon.ended(stopped);
  await daemon.run('ledger-reconcile', {}, '2026-11-21.0600');
  for (let i = 0; i < 4; ++i) await daemon.run('orders-intake', {}, `order-${i}`);
}

export async function scene() {
  const daemon = await new Daemon({ workflows, config }).start();
  await play(daemon);
  return daemon;
}
