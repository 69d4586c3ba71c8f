// Runs the browser tests: `node tests/web/run.mjs [NAME...]`. The program is STEPWELL_BIN, else the release one. Ends
// with "N passed, M failed"; pictures of each page are in build/web-screenshots.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';

const wanted = process.argv.slice(2);
const LONGEST = 'pages.test.mjs'; // begun first, so that nothing waits for it alone
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((one) => name.startsWith(one))))
  .sort((a, b) => Number(b === LONGEST) - Number(a === LONGEST))
  .map((name) => join(import.meta.dirname, name));

let passed = 0;
let failed = 0;
const isTest = (data) => data.details?.type !== 'suite' && !files.some((file) => data.name === file || file.endsWith(data.name));
const events = run({ files, concurrency: 2, timeout: 1_800_000 });
events.on('test:pass', (data) => {
  if (!isTest(data)) return;
  passed++;
  console.log(`ok      ${data.name} (${(data.details.duration_ms / 1000).toFixed(1)} s)`);
});
events.on('test:fail', (data) => {
  const { error } = data.details;
  if (!isTest(data) && error.failureType === 'subtestsFailed') return;
  failed++;
  console.log(`FAILED  ${data.name}\n${error.cause?.stack ?? error.cause ?? error.stack}`);
});
events.on('test:stderr', (data) => process.stderr.write(data.message));
events.on('end', () => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
});
events.resume();
