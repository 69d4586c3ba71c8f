// What waits for a person: seen, answered by who is signed in, and by who holds a link and is not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hostile } from './scene.mjs';
import { checkAccess, closeBrowser, Daemon, open, pictures, until } from './support.mjs';

const SEND = 'arn:aws:states:::sqs:sendMessage.waitForTaskToken';
const asks = (comment, more = {}) => ({
  StartAt: 'Release refunds',
  States: {
    'Release refunds': {
      Type: 'Task',
      Resource: SEND,
      TimeoutSeconds: 86400,
      Comment: comment,
      Parameters: {
        QueueUrl: 'q',
        MessageBody: {
          'total.$': '$.total',
          'note.$': '$.note',
          'token.$': '$$.Task.Token',
        },
      },
      End: true,
      ...more,
    },
  },
});
const config = {
  bindings: [
    {
      resource: SEND,
      task: 'shell',
      parameters: { script: 'true' },
      result: { MessageId: 'm' },
    },
  ],
};

let daemon;
before(async () => {
  daemon = await new Daemon({
    workflows: {
      refunds: asks('May these refunds be paid out today?'),
      hostile: asks(hostile),
    },
    config,
  }).start();
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

const waiting = async () => (await daemon.ask('GET', '/api/v1/callbacks')).items;
/** A run that asks; the id of what waits. */
async function asked(workflow = 'refunds', note = 'eleven of them') {
  const run = await daemon.run(workflow, { total: 1204.5, note });
  return until(async () => (await waiting()).find((one) => one.run === run && one.taken)?.id, 'the question');
}
const outputOf = async (id) => {
  const run = id.split('.')[0];
  await daemon.ended(run);
  return daemon.ask('GET', `/api/v1/runs/${run}`);
};
const linkTo = async (id, scope = 'decide') => daemon.url + (await daemon.ask('POST', `/api/v1/callbacks/${id}/links`, { scope })).path;

test('what waits is listed, and answered from the page with a reason', async () => {
  const [first, second] = [await asked(), await asked()];
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/operations/approvals`);
  await page
    .getByRole('row', { name: /Release refunds/ })
    .nth(1)
    .waitFor();
  await page.goto(`${daemon.url}/operations/approvals?callback=${first}`); // as it was shared
  await page.getByText('May these refunds be paid out today?').waitFor();
  await page.getByText('eleven of them').waitFor();
  await checkAccess(page, 'a question');
  assert.equal(await page.getByRole('button', { name: 'Reject', exact: true }).getAttribute('aria-disabled'), 'true');
  await page.getByLabel('Comment or reason').fill('checked with the bank');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual((await outputOf(first)).output, { approved: true, by: 'local:open', comment: 'checked with the bank' });
  await page.getByRole('button', { name: 'Answer…' }).click();
  await page.getByLabel('Comment or reason').fill('too much');
  await page.getByRole('button', { name: 'Reject', exact: true }).click();
  await page.getByText('Nothing waits for an answer').waitFor();
  assert.equal((await outputOf(second)).error, 'Rejected');
  await view.close();
});

test('a result is JSON, and a new question comes by itself', async () => {
  const view = await open();
  const { page } = view;
  await page.goto(`${daemon.url}/operations/approvals`);
  await page.getByText('Nothing waits for an answer').waitFor();
  const id = await asked();
  await page.getByRole('button', { name: 'Answer…' }).click();
  await page.getByRole('button', { name: 'Send a result' }).click();
  await page.getByLabel('Result, as JSON').fill('{"paid": ');
  await page.getByText(/expected JSON/).waitFor();
  await page.getByLabel('Result, as JSON').fill('{"paid": 12345678901234567890}');
  await page.getByRole('button', { name: 'Send the result' }).click();
  await page.getByText('Nothing waits for an answer').waitFor();
  assert.deepEqual(Object.keys((await outputOf(id)).output), ['paid']);
  await view.close();
});

test('a run that waits leads to its question', async () => {
  const id = await asked();
  const run = await daemon.ask('GET', `/api/v1/runs/${id.split('.')[0]}`);
  const view = await open();
  await view.page.goto(`${daemon.url}/runs/refunds/${encodeURIComponent(run.name)}`);
  await view.page.getByRole('link', { name: 'Answer…' }).click();
  await view.page.getByRole('button', { name: 'Answer…' }).waitFor();
  await view.close();
  await daemon.ask('POST', `/api/v1/callbacks/${id}/approve`, {});
});

test('a link is opened on a phone without signing in, acts once, and says when it is over', async () => {
  const id = await asked('hostile', hostile);
  const link = await linkTo(id);
  const view = await open({
    width: 390,
    height: 844,
    forgive: [/status of (401|409)/],
  });
  const { page } = view;
  await page.goto(link);
  await page.getByRole('heading', { name: 'Release refunds' }).waitFor();
  assert.ok(
    (await waiting()).some((one) => one.id === id),
    'to open a link changes nothing',
  );
  assert.notEqual(await page.title(), 'owned');
  await checkAccess(page, 'a link');
  await page.getByLabel('Comment or reason').fill('by thumb');
  await page.getByRole('button', { name: 'Approve', exact: true }).tap();
  await page.getByRole('heading', { name: 'Approved' }).waitFor();
  assert.equal((await outputOf(id)).status, 'succeeded');
  await page.reload();
  await page.getByRole('heading', { name: 'This is answered' }).waitFor();
  await page.goto(`${daemon.url}/answer#1.0.1.decide.1.00ff`);
  await page.getByRole('heading', { name: 'This link is not known here' }).waitFor();
  await page.goto(`${daemon.url}/answer`);
  await page.getByRole('heading', { name: 'This link is not whole' }).waitFor();
  await view.close();
});

test('a link is made in the dashboard and works without its session', async () => {
  const id = await asked();
  const view = await open();
  await view.page.goto(`${daemon.url}/operations/approvals?callback=${id}`);
  await view.page.getByText('A link for who is not signed in').click();
  await view.page.getByRole('button', { name: 'A week' }).click();
  await view.page.getByRole('button', { name: 'Make a link' }).click();
  const link = await view.page.locator('.token code').textContent();
  await view.close();
  const other = await open();
  await other.page.goto(link);
  await other.page.getByLabel('Comment or reason').fill('no');
  await other.page.getByRole('button', { name: 'Reject', exact: true }).click();
  await other.page.getByRole('heading', { name: 'Rejected' }).waitFor();
  await other.close();
});

test('the pages look as they should at each width and in both themes', async () => {
  const ids = [await asked(), await asked('hostile', hostile)];
  const links = [await linkTo(ids[0], 'result'), await linkTo(ids[1])];
  const settled = (page) => page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null);
  const look = (name, path, text) =>
    pictures(name, async (page) => {
      await page.goto('about:blank'); // the same path with another link is another page
      await page.goto(path);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      await settled(page);
    });
  await look('approvals', `${daemon.url}/operations/approvals`, 'Release refunds');
  await look('approvals-question', `${daemon.url}/operations/approvals?callback=${ids[0]}`, 'May these refunds');
  await look('answer', links[0], 'May these refunds');
  await look('answer-hostile', links[1], 'Release refunds');
});
