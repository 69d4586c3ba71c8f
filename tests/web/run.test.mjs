// The page of a run: the stages between input and output, a state tried with another input, Map Runs, and the list on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkAccess, closeBrowser, Daemon, open, pictures } from './support.mjs';

const order = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Assign: { currency: 'EUR' }, Next: 'Load' },
    Load: {
      Type: 'Task',
      Resource: 'stepwell:echo',
      InputPath: '$.order',
      Parameters: { 'id.$': '$.id', 'currency.$': '$currency' },
      ResultSelector: { 'gave.$': '$' },
      ResultPath: '$.loaded',
      End: true,
    },
  },
};
const fails = { StartAt: 'Break', States: { Break: { Type: 'Task', Resource: 'stepwell:shell', Parameters: { script: 'exit 3' }, ResultSelector: { 'a.$': '$.a' }, End: true } } };
const retried = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Next: 'Break' },
    Break: { ...fails.States.Break, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1, IntervalSeconds: 1 }], End: undefined, Next: 'Never' },
    Never: { Type: 'Succeed' },
  },
};
const many = {
  StartAt: 'Each order',
  States: {
    'Each order': {
      Type: 'Map',
      Label: 'each',
      ToleratedFailurePercentage: 50,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Look',
        States: { Look: { Type: 'Choice', Choices: [{ Variable: '$', NumericLessThan: 3, Next: 'Bad' }], Default: 'Good' }, Bad: { Type: 'Fail', Error: 'E_ODD' }, Good: { Type: 'Succeed' } },
      },
      End: true,
    },
  },
};

let daemon;
const names = {};
before(async () => {
  daemon = await new Daemon({ workflows: { order, fails, retried, many } }).start();
  for (const [workflow, input] of [
    ['order', { order: { id: 12345678901 }, note: 'kept' }],
    ['fails', {}],
    ['retried', {}],
    ['many', Array.from({ length: 20 }, (_, i) => i)],
  ]) {
    const run = await daemon.run(workflow, input);
    await daemon.ended(run);
    names[workflow] = encodeURIComponent((await daemon.ask('GET', `/api/v1/runs/${run}`)).name);
  }
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

const stages = (page) => page.locator('.stage').allTextContents();
const stage = (page, name) => page.locator('.stage', { hasText: name });

test('every stage between input and output is there, what is not recorded worked out', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/order/${names.order}?step=Load`);
  await stage(page, 'ResultSelector').waitFor();
  await page.waitForFunction(() => ![...document.querySelectorAll('.stage')].some((one) => one.textContent.includes('not re')));
  assert.deepEqual((await stages(page)).map((text) => /^(State input|InputPath|Parameters|Task result|ResultSelector|ResultPath|State output)/.exec(text)?.[1]), [
    'State input',
    'InputPath',
    'Parameters',
    'Task result',
    'ResultSelector',
    'ResultPath',
    'State output',
  ]);
  await stage(page, 'InputPath').click();
  await page.getByText('Not recorded: worked out from the definition').waitFor();
  assert.match(await page.getByRole('group', { name: /^InputPath, / }).textContent(), /12345678901/);
  assert.equal(new URL(page.url()).searchParams.get('stage'), 'path');
  await stage(page, 'ResultPath').click();
  await page.getByRole('button', { name: 'Change' }).click();
  await page.getByRole('group', { name: 'Change by ResultPath' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('mode'), 'change');
  await checkAccess(page, 'the stages of a step');
  await view.close();
});

test('of a state that failed the later stages were not reached', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/fails/${names.fails}?step=Break`);
  await stage(page, 'ResultSelector').waitFor();
  assert.match(await stage(page, 'ResultSelector').textContent(), /not reached/);
  assert.match(await stage(page, 'State output').textContent(), /not reached/);
  await view.close();
});

test('a state is tried with another input, and nothing changes', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/order/${names.order}?step=Load`);
  await page.getByRole('button', { name: 'Test this state…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Input', exact: true }).fill('{"order": {"id": 1}}');
  await dialog.getByLabel('Result of its work').fill('{"rows": 99}');
  await dialog.getByRole('button', { name: 'Test', exact: true }).click();
  await dialog.getByText('Succeeded').waitFor();
  assert.match(await dialog.getByRole('group', { name: /^Output, / }).textContent(), /99/);
  await checkAccess(page, 'the test of a state');
  await dialog.getByRole('textbox', { name: 'Input', exact: true }).fill('{"order": ');
  await dialog.getByText(/expected JSON/).waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Test', exact: true }).getAttribute('aria-disabled'), 'true');
  await page.keyboard.press('Escape');
  await view.close();
  assert.equal((await daemon.ask('GET', '/api/v1/runs?workflow=order')).items.length, 1);
});

test('a Map Run says how many items are how, and leads to their runs', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/many/${names.many}`);
  const row = page.getByRole('table', { name: 'Map runs' }).getByRole('row').nth(1);
  await row.getByRole('link', { name: '3 failed' }).waitFor();
  assert.match(await row.textContent(), /Each order.*20.*17 succeeded.*50% of 20/s);
  await row.getByRole('link', { name: '3 failed' }).click();
  await page.getByText('3 runs, newest first').waitFor();
  await page.getByText('E_ODD').first().waitFor();
  await view.close();
});

test('the page is as of an event, by slider, key and link, and comes back to now', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/runs/retried/${names.retried}`);
  await page.getByRole('button', { name: 'Step through events' }).first().click();
  const bar = page.getByRole('region', { name: 'As of an event' });
  const as = (id, type) => bar.getByText(`As of event ${id} of 11`).and(bar.locator(':scope *', { hasText: type })).waitFor();
  const node = (name) => page.locator('.react-flow__node', { hasText: name });
  const panel = page.getByRole('complementary', { name: 'Chosen step' });
  await as(11, 'ExecutionFailed');
  await node('Break').getByText('Shell.ExitCode.3').waitFor();
  await bar.getByRole('slider', { name: 'Event' }).fill('4'); // the fifth: TaskScheduled
  await as(5, 'TaskScheduled');
  await node('Break').getByText('running', { exact: true }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('at'), '5');
  await panel.getByRole('heading', { name: 'Break' }).waitFor();
  assert.match(await stage(page, 'Task result').textContent(), /not reached/);
  await page.locator('h1').click();
  for (const key of [',', ',']) await page.keyboard.press(key);
  await as(3, 'PassStateExited');
  await panel.getByRole('heading', { name: 'Prepare' }).waitFor();
  assert.equal(await node('Break').getByText('running', { exact: true }).count(), 0);
  await page.getByRole('link', { name: 'Table' }).click();
  assert.equal(await page.getByRole('table', { name: 'States of the run' }).getByRole('row').count(), 2);
  await checkAccess(page, 'a run as of an event');
  await page.goto(`${daemon.url}/runs/retried/${names.retried}?view=table&at=7`);
  await as(7, 'TaskFailed');
  await page.getByRole('table', { name: 'States of the run' }).getByText('Running').waitFor();
  await page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).searchParams.get('at'), null);
  await page.getByRole('table', { name: 'States of the run' }).getByText('Failed').waitFor();
  await view.close();
});

test('a run asks for its definition once', async () => {
  const view = await open();
  const asked = [];
  view.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await view.page.goto(`${daemon.url}/runs/order/${names.order}?step=Load`);
  await stage(view.page, 'ResultSelector').waitFor();
  await view.page.locator('.node').first().waitFor();
  const of = (end) => asked.filter((path) => path.endsWith(end)).length;
  assert.deepEqual([of('/definition'), of('/overview'), of('/session')], [1, 1, 1]);
  await view.close();
});

test('a list is asked for once, and once more at its end', async () => {
  const view = await open();
  const asked = [];
  view.page.on('request', (request) => request.url().includes('/api/v1/runs?') && asked.push(request.url()));
  await view.page.goto(`${daemon.url}/runs`);
  await view.page.getByText('runs, newest first').waitFor();
  await view.page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  assert.equal(asked.length, 1, asked.join('\n'));
  await view.close();
});

test('runs are cards on a phone', async () => {
  const view = await open({ width: 390, height: 844 });
  const { page } = view;
  await page.goto(`${daemon.url}/runs?workflow=order,fails,many`);
  const card = page.getByRole('list', { name: 'Runs' }).getByRole('link', { name: /fails/ });
  await card.waitFor();
  assert.equal(await page.locator('table').count(), 0);
  assert.match(await card.textContent(), /Failed.*fails/s);
  await page.getByText('Filter: some runs only').tap();
  await page.getByRole('search').waitFor();
  await checkAccess(page, 'runs on a phone');
  await card.tap();
  await page.waitForURL(/\/runs\/fails\//);
  await page.getByText('exit').first().waitFor();
  await view.close();
});

test('the pages look as they should at each width and in both themes', async () => {
  const look = (name, path, text) =>
    pictures(name, async (page) => {
      await page.goto(daemon.url + path);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
    });
  await look('run-stages', `/runs/order/${names.order}?step=Load&stage=path`, 'Not recorded');
  await look('run-as-of', `/runs/retried/${names.retried}?at=7`, 'As of event 7');
  await look('run-map-run', `/runs/many/${names.many}`, '17 succeeded');
  await look('runs-few', '/runs?workflow=order,fails,many', 'fails');
});
