// The lanes of `npm test`: what each runs, and how. Plain JavaScript for Node 20.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';

/**
 * In the order in which their output is printed. `folder`: where the files are; `only`: the name of one file in it.
 * `together`: all in one process, which is fast and forbids global state; otherwise one process per file, `atOnce` at a
 * time. `seeded`: random search with a seed. `binary`: needs dist/lam.
 */
const ALL = [
  { name: 'unit', title: 'rooms one by one', folder: 'test/unit', together: true, seeded: true },
  { name: 'property', title: 'what holds under any input', folder: 'test/property', together: true, seeded: true },
  { name: 'conformance', title: 'one suite for every driver and bootstrap', folder: 'test/conformance', atOnce: 1 },
  { name: 'api', title: 'the daemon over HTTP and its socket', folder: 'test/api', atOnce: 1, seeded: true },
  { name: 'e2e', title: 'the built command as a person types it', folder: 'test/e2e', atOnce: 2 },
  { name: 'brokers', title: 'event sources against real brokers', folder: 'test/brokers', atOnce: 1, seeded: true },
  { name: 'parity', title: 'one list of behaviours for every runtime', folder: 'test/parity', atOnce: 2 },
  {
    name: 'binary',
    title: 'the end-to-end suite against the single file dist/lam',
    folder: 'test/e2e',
    atOnce: 2,
    binary: true,
    env: { LAM_TEST_BIN: join(root, 'dist', 'lam') },
  },
];

/** The part of the lane `e2e` that `quick` runs. */
const MAIN_JOB = {
  name: 'main job',
  title: 'every template from init to rollback, with the built command',
  folder: 'test/e2e',
  only: 'main-job.test.ts',
  atOnce: 1,
};

/** Answers in about a minute. */
const QUICK = [...ALL.filter(({ together }) => together), MAIN_JOB];

/** Names that `npm test --` takes. */
export const NAMES = ['quick', ...ALL.map(({ name }) => name)];

/** The lanes of these `names`, each once; all without names. */
export function lanesOf(names) {
  if (names.length === 0) return ALL;
  const chosen = names.flatMap((name) => (name === 'quick' ? QUICK : ALL.filter((lane) => lane.name === name)));
  return [...ALL, MAIN_JOB].filter((lane) => chosen.includes(lane));
}

/** How many processes a lane keeps busy. */
export function widthOf(lane) {
  return lane.together ? 1 : lane.atOnce;
}

/** Test files of a lane, as sorted paths relative to the clone. */
export function filesOf({ folder, only }) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => (only === undefined ? name.endsWith('.test.ts') : name === only))
    .map((name) => join(folder, name))
    .sort();
}

/** Arguments of Node that run a lane. A test may take four minutes, on a machine that is busy with much else. */
export function argumentsOf(lane, files) {
  const isolation = lane.together ? ['--test-isolation=none'] : [`--test-concurrency=${lane.atOnce}`];
  const seed = lane.seeded ? [`--import=${new URL('../test/support/seed.ts', import.meta.url).href}`] : [];
  return ['--test', ...isolation, ...seed, '--test-reporter=spec', '--test-timeout=240000', ...files];
}
