// What `./dev demo` leaves, with what it does not show by itself: a run that failed over bad rows, and some that wait.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { config, play, workflows } from './scene.mjs';
import { Daemon } from './support.mjs';

const root = resolve(import.meta.dirname, '../..');
const project = join(root, 'workflows/flights');
const months = [1, 2, 3, 4, 5, 6, 7].map((month) => `2001-0${month}`);

/** The pipeline of the demo, which takes no bad row of a month. */
const strict = (text) => text.replace('name: flights', 'name: flights-strict').replace('max_bad: 1%', 'max_bad: 0.0001%');

/** A daemon on a copy of the demo's folder; the folder stays as it is. */
export async function demoScene(folder) {
  assert.ok(existsSync(join(folder, 'data')), `expected what \`./dev demo\` leaves in ${folder}, but there is no data folder`);
  const toys = Object.fromEntries(Object.entries(workflows).filter(([name]) => name !== 'hostile-texts'));
  const made = JSON.parse(readFileSync(join(folder, 'stepwell.yaml'), 'utf8'));
  const landing = join(folder, 'landing');
  const daemon = new Daemon({ workflows: toys });
  made.allowed_roots = [landing, project];
  made.connections.wh.path = join(daemon.folder, 'data/warehouse.duckdb');
  daemon.configure({ ...made, ...config });
  cpSync(join(folder, 'data'), join(daemon.folder, 'data'), { recursive: true });
  const text = readFileSync(join(project, 'flights.yaml'), 'utf8');
  writeFileSync(join(daemon.folder, 'workflows/flights.yaml'), text);
  writeFileSync(join(daemon.folder, 'workflows/flights-strict.yaml'), strict(text));
  await daemon.start();
  await play(daemon, { isHostile: false });
  const input = { months, landing, project };
  assert.equal(await daemon.ended(await daemon.run('flights-strict', input, 'of-today')), 'failed');
  return daemon;
}
