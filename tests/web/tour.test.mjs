// What a person on call does: find what failed, see why, mend it, and see that it runs.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkAccess, closeBrowser, Daemon, open, until } from './support.mjs';

const PASSWORD = 'a good long password';
let daemon;
let gate;
before(async () => {
  daemon = new Daemon({ open: false });
  gate = join(daemon.folder, 'gate');
  const shell = (script, rest) => ({ Type: 'Task', Resource: 'stepwell:shell', Parameters: { script }, ...rest });
  daemon.workflow('nightly', {
    StartAt: 'Fetch',
    States: {
      Fetch: shell('echo fetched', { Next: 'Load' }),
      Load: shell(`test -e ${gate} || { echo "the gate is shut" >&2; exit 3; }`, { Next: 'Done' }),
      Done: { Type: 'Succeed' },
    },
  });
  daemon.workflow('slow', { StartAt: 'Hold', States: { Hold: shell(`until test -e ${gate}; do sleep 0.1; done`, { End: true }) } });
  daemon.configure({ allowed_roots: [daemon.folder] });
  writeFileSync(join(daemon.folder, 'orders.csv'), 'id,amount\n1,10\n2,abc\n3,\n4,40\n5,xyz\n');
  daemon.workflow('orders', {
    StartAt: 'Validate',
    States: {
      Validate: {
        Type: 'Task',
        Resource: 'stepwell:validate',
        Parameters: {
          input: { uri: join(daemon.folder, 'orders.csv'), format: 'csv' },
          columns: { id: { type: 'bigint' }, amount: { type: 'integer', nullable: false } },
          report: { samples: 1 }, // the file has more than the result tells
          on_fail: 'quarantine',
          quarantine: { uri: 'lake://quarantine/orders/', max_bad: '90%' },
        },
        End: true,
      },
    },
  });
  await daemon.start();
  for (const [name, role] of [['vera', 'viewer'], ['olaf', 'operator']]) {
    await daemon.ask('POST', '/api/v1/users', { name, role, password: PASSWORD });
  }
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

async function as(name, path, forgive = []) {
  const view = await open({ forgive: [/status of 401/, ...forgive] });
  await view.page.goto(`${daemon.url}/signin?next=${encodeURIComponent(path)}`);
  await view.page.getByLabel('Name').fill(name);
  await view.page.getByLabel('Password').fill(PASSWORD);
  await view.page.getByRole('button', { name: 'Sign in' }).click();
  return view;
}

test('a run that failed is found from Home in two clicks, says why, and is mended by a redrive', async () => {
  assert.equal(await daemon.ended(await daemon.run('nightly', {}, 'of-today')), 'failed');
  const view = await as('olaf', '/');
  const { page } = view;
  await page.locator('.cause', { hasText: 'nightly' }).getByRole('link', { name: 'of-today' }).click();
  await until(() => new URL(page.url()).pathname === '/runs/nightly/of-today', 'the page of the run');
  const banner = page.locator('.banner');
  await banner.waitFor();
  assert.match(await banner.textContent(), /Load.*failed.*the gate is shut/s);
  writeFileSync(gate, '');
  await banner.getByRole('button', { name: 'Redrive…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^Redrive/ }).click();
  await page.locator('.head').getByText('Succeeded').waitFor();
  await until(async () => (await banner.count()) === 0, 'the banner to go');
  await page.getByRole('link', { name: 'Home' }).first().click();
  await page.locator('.cause', { hasText: 'nightly' }).getByText('Recovered').waitFor();
  rmSync(gate);
  await view.close();
});

test('a run goes on before one’s eyes', async () => {
  await daemon.run('slow', {}, 'held');
  const view = await as('vera', '/runs/slow/held');
  const { page } = view;
  await page.locator('.head').getByText('Running').waitFor();
  writeFileSync(gate, '');
  await page.locator('.head').getByText('Succeeded').waitFor();
  await page.locator('.node.is-succeeded', { hasText: 'Hold' }).waitFor();
  rmSync(gate);
  await view.close();
});

test('an action that a role may not take is not drawn', async () => {
  await daemon.ended(await daemon.run('nightly', {}, 'for-roles'));
  for (const [name, count] of [['vera', 0], ['olaf', 2]]) {
    const view = await as(name, '/runs/nightly/for-roles');
    await view.page.locator('.banner').waitFor();
    await until(async () => (await view.page.getByRole('button', { name: 'Redrive…' }).count()) === count, `${count} buttons for ${name}`);
    await view.close();
  }
});

test('rows that were put aside are seen with their reasons, and filtered by one', async () => {
  assert.equal(await daemon.ended(await daemon.run('orders', {}, 'with-bad-rows')), 'succeeded');
  for (const [who, path, rows] of [
    ['olaf', '/runs/orders/with-bad-rows?view=data', ['3amount.typeabc2', '4amount.not_nullnull3', '6amount.typexyz5']],
    ['vera', '/data/orders', ['3amount.type••••••', '4amount.not_nullnull•••', '6amount.type••••••']], // who may not see rows sees that there are some
  ]) {
    const view = await as(who, path);
    const { page } = view;
    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Quarantine' }) });
    await card.getByText('3 rows in 1 file').waitFor();
    await card.getByText('3 of 3 rows').waitFor();
    assert.match(await card.textContent(), /lake:\/\/quarantine\/orders\/run=.*rejected\.parquet/);
    assert.deepEqual(await card.locator('tbody tr').allTextContents(), rows);
    await card.getByRole('button', { name: /amount.not_null/ }).click();
    await until(async () => (await card.locator('tbody tr').count()) === 1, 'the filter to hold');
    assert.equal(new URL(page.url()).searchParams.get('check'), 'amount.not_null');
    await card.getByText('1 of 1 row').waitFor();
    for (const [form, name] of [['CSV', 'rejected.csv'], ['JSON lines', 'rejected.jsonl']]) {
      const [kept] = await Promise.all([page.waitForEvent('download'), card.getByRole('button', { name: form }).click()]);
      assert.equal(kept.suggestedFilename(), name);
      const lines = readFileSync(await kept.path(), 'utf8').trim().split('\n');
      assert.match(lines.at(-1), /amount\.not_null/);
      assert.equal(lines.length, form === 'CSV' ? 2 : 1, 'only the rows of the filter'); // a heading, and a row
    }
    await checkAccess(page, path);
    await view.close();
  }
  rmSync(join(daemon.folder, 'data/lake/quarantine'), { recursive: true });
  const view = await as('olaf', '/runs/orders/with-bad-rows?view=data', [/status of 404/]);
  const card = view.page.locator('.card', { has: view.page.getByRole('heading', { name: 'Quarantine' }) });
  await card.getByText(/The file could not be read, so these are the examples of the result/).waitFor();
  await card.getByText('2 of 3 rows').waitFor();
  await view.close();
});
