import { expect, test, vi } from 'vitest';
import { send } from './client';
import { askEarly } from './early';

test('what was asked early is the answer to the first question, and to no other one', async () => {
  let count = 0;
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(String(++count), { status: 200 })));
  askEarly('/api/v1/home');
  expect(await (await send('GET', '/api/v1/home')).text()).toBe('1');
  expect(await (await send('GET', '/api/v1/home')).text()).toBe('2');
  askEarly('/api/v1/home');
  expect(await (await send('GET', '/api/v1/runs')).text()).toBe('4');
  expect(await (await send('POST', '/api/v1/home')).text()).toBe('5');
  vi.unstubAllGlobals();
});

test('what was asked before anybody was signed in is asked anew', async () => {
  let isSignedIn = false;
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: isSignedIn ? 200 : 401 })));
  askEarly('/api/v1/session');
  askEarly('/api/v1/home');
  await expect(send('GET', '/api/v1/session')).rejects.toMatchObject({ status: 401 });
  isSignedIn = true;
  expect((await send('GET', '/api/v1/home')).status).toBe(200);
  vi.unstubAllGlobals();
});

test('what was asked early and wanted long after is asked anew', async () => {
  vi.useFakeTimers();
  let count = 0;
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(String(++count), { status: 200 })));
  askEarly('/api/v1/home');
  vi.advanceTimersByTime(10_000);
  expect(await (await send('GET', '/api/v1/home')).text()).toBe('2');
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
