// The lanes of `npm test`: what each runs, and how. Plain JavaScript for Node 20.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';

/**
 * In the order they run. `folder`: where the files are. `together`: all in one process, which is fast and forbids global
 * state; otherwise one process per file, `atOnce` at a time. `seeded`: random search with a seed. `binary`: needs dist/lam.
 */
export const LANES = [
  { name: 'unit', title: 'rooms one by one', folder: 'test/unit', together: true, seeded: true },
  { name: 'property', title: 'what holds under any input', folder: 'test/property', together: true, seeded: true },
  { name: 'conformance', title: 'one suite for every driver and bootstrap', folder: 'test/conformance', atOnce: 1 },
  { name: 'api', title: 'the daemon over HTTP and its socket', folder: 'test/api', atOnce: 1, seeded: true },
  { name: 'e2e', title: 'the built command as a person types it', folder: 'test/e2e', atOnce: 2 },
  {
    name: 'binary',
    title: 'the end-to-end suite against the single file dist/lam',
    folder: 'test/e2e',
    atOnce: 2,
    binary: true,
    env: { LAM_TEST_BIN: join(root, 'dist', 'lam') },
  },
];

/** Test files of a lane, as sorted paths relative to the clone. */
export function filesOf({ folder }) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** Arguments of Node that run a lane. No test may take two minutes. */
export function argumentsOf(lane, files) {
  const isolation = lane.together ? ['--test-isolation=none'] : [`--test-concurrency=${lane.atOnce}`];
  const seed = lane.seeded ? [`--import=${new URL('../test/support/seed.ts', import.meta.url).href}`] : [];
  return ['--test', ...isolation, ...seed, '--test-reporter=spec', '--test-timeout=120000', ...files];
}
