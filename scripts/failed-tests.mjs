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

function line(failure) {
  return `${JSON.stringify(failure)}\n`;
}

/**
 * Tests that several files share are reported where they are written. The summary of a file comes after its tests, and
 * says which one ran them; with all files in one process there is none.
 */
export default async function* failedTests(events) {
  let shared = [];
  for await (const { type, data } of events) {
    if (type === 'test:fail' && isOwnFailure(data)) {
      const failure = failureOf(data);
      if (failure.file.endsWith('.test.ts')) yield line(failure);
      else shared.push(failure);
    } else if (type === 'test:summary' && shared.length > 0) {
      const ran = data.file === undefined ? {} : { file: relative(root, data.file) };
      for (const failure of shared) yield line({ ...failure, ...ran });
      shared = [];
    }
  }
}
