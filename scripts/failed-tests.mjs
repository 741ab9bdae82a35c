// A reporter of Node's test runner that writes a line of JSON for each test that failed. Plain JavaScript for Node 20.
import { relative } from 'node:path';
import { root } from './processes.mjs';

/** A test that failed: its file relative to the clone, its name, the first line of what was wrong. */
function failureOf({ file, name, details }) {
  const cause = details.error?.cause ?? details.error;
  const why = String(cause?.message ?? cause ?? '')
    .trim()
    .split('\n')[0];
  return { file: file === undefined ? name : relative(root, file), name, why };
}

/** Suites and tests fail with those in them, of which each has its own line; marked as to do, a test may fail. */
function isOwnFailure({ details, todo }) {
  return todo === undefined && details.error?.failureType !== 'subtestsFailed';
}

export default async function* failedTests(events) {
  for await (const { type, data } of events) {
    if (type === 'test:fail' && isOwnFailure(data)) yield `${JSON.stringify(failureOf(data))}\n`;
  }
}
