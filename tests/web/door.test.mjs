// What the daemon serves: the page, its files, and who is let in.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeBrowser, Daemon, open, pictures, until } from './support.mjs';

const PASSWORD = 'a good long password';
let daemon;
before(async () => {
  daemon = await new Daemon({ open: false, workflows: { hello: { StartAt: 'A', States: { A: { Type: 'Succeed' } } } } }).start();
  for (const [name, role] of [['vera', 'viewer'], ['olaf', 'operator'], ['ann', 'admin']]) {
    await daemon.ask('POST', '/api/v1/users', { name, role, password: PASSWORD });
  }
});
after(async () => {
  await daemon?.end();
  await closeBrowser();
});

const unauthorised = { forgive: [/status of 401/] };

async function signIn(page, name, password = PASSWORD) {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('every page and file has a strict policy, and files are kept for good', async () => {
  const page = await fetch(daemon.url);
  const policy = page.headers.get('content-security-policy');
  assert.match(policy, /^default-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe|data:|\*/);
  const text = await page.text();
  assert.doesNotMatch(text, /<script(?![^>]* src=)|<style| style=| on\w+=/);
  const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1]);
  assert.ok(files.length >= 2);
  for (const file of files) {
    const answer = await fetch(daemon.url + file, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.equal((await fetch(daemon.url + file, { headers: { 'If-None-Match': answer.headers.get('etag') } })).status, 304);
  }
});

test('who is not signed in comes back to the page that they wanted', async () => {
  const view = await open(unauthorised);
  const { page } = view;
  await page.goto(`${daemon.url}/?range=7d`);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('next'), '/?range=7d');
  await signIn(page, 'vera', 'not the password');
  await page.getByRole('alert').waitFor();
  await signIn(page, 'vera');
  await page.getByRole('heading', { name: 'Last 7 days' }).waitFor();
  const [cookie] = await view.context.cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Strict');
  await page.getByRole('button', { name: 'vera, viewer' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/signin');
  assert.deepEqual(await view.context.cookies(), []);
  await view.close();
});

test('a link elsewhere is not followed after signing in', async () => {
  const view = await open(unauthorised);
  await view.page.goto(`${daemon.url}/signin?next=//evil.example/x`);
  await signIn(view.page, 'olaf');
  await view.page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  assert.equal(new URL(view.page.url()).origin, daemon.url);
  await view.close();
});

test('the link of `stepwell open` signs in once', async () => {
  const { path } = await daemon.ask('POST', '/api/v1/session/link');
  const view = await open({ forgive: [/status of 401|status of 410/] });
  await view.page.goto(daemon.url + path);
  await view.page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  assert.ok(!view.page.url().includes('code'));
  const other = await open({ forgive: [/status of 410/] });
  assert.equal((await other.page.goto(daemon.url + path)).status(), 410);
  await other.close();
  await view.close();
});

test('a token signs in, and is kept nowhere', async () => {
  const { token } = await daemon.ask('POST', '/api/v1/tokens', { name: 'browser', owner: 'olaf', role: 'operator' });
  const view = await open({ forgive: [/status of 401/] });
  const { page } = view;
  await page.goto(`${daemon.url}/signin?next=/?range=6h`);
  await page.getByRole('button', { name: 'Token' }).click();
  await page.getByLabel('Token', { exact: true }).fill('swt_not_one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Last 6 hours' }).waitFor();
  await page.getByRole('button', { name: 'olaf, operator' }).waitFor();
  const kept = JSON.stringify(await view.context.storageState()) + page.url();
  assert.ok(!kept.includes(token));
  await view.close();
});

test('who is signed out meanwhile keeps the page, and signs in over it', async () => {
  const view = await open({ forgive: [/status of 401/] });
  const { page } = view;
  await page.goto(`${daemon.url}/signin`);
  await signIn(page, 'ann');
  await page.getByText('Live', { exact: true }).waitFor();
  await daemon.ask('DELETE', '/api/v1/sessions?user=ann');
  await page.getByRole('button', { name: '7 d' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await signIn(page, 'ann');
  await until(async () => (await page.getByRole('dialog').count()) === 0, 'the dialog to go');
  await page.getByRole('heading', { name: 'Last 7 days' }).waitFor();
  await view.close();
});

test('a path that is no page says so', async () => {
  const view = await open(unauthorised);
  await view.page.goto(`${daemon.url}/signin`);
  await signIn(view.page, 'ann');
  await view.page.getByRole('heading', { name: 'Last 24 hours' }).waitFor();
  await view.page.goto(`${daemon.url}/runs/there/is/none`);
  await view.page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  await view.close();
});

test('the sign-in page looks as it should', async () => {
  const visit = async (page) => {
    await page.goto(`${daemon.url}/signin`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  };
  await pictures('signin', visit, unauthorised);
});
