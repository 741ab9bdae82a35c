// The lanes of `npm test`: what each runs, and how. Plain JavaScript for Node 20.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BESIDE_DRIVERS, IN_SANDBOXES, OF_NO_USER, OF_TEXTS, OF_THE_DAEMON } from './left-out.mjs';
import { root } from './processes.mjs';

/**
 * In the order in which their output is printed. `folder`: where the files are; `only`: the name of one file in it;
 * `except`: files and folders in it that are left out.
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
    title: 'every command and template from the single file dist/lam',
    folder: 'test/e2e',
    // The single file has the same daemon.
    except: new Set([...OF_THE_DAEMON, ...IN_SANDBOXES]),
    atOnce: 2,
    binary: true,
    env: { LAM_TEST_BIN: join(root, 'dist', 'lam') },
  },
];

/** The part of the lane `e2e` that `quick` runs. */
const MAIN_JOB = {
  name: 'main job',
  title: 'templates that need no compiler from init to rollback, with the built command',
  folder: 'test/e2e',
  only: 'main-job.test.ts',
  atOnce: 1,
};

/** Answers in about a minute. */
const QUICK = [...ALL.filter(({ together }) => together), MAIN_JOB];

/** Lanes of what may differ where an ordinary user runs it, with what in them may not. */
const OF_USERS = new Map([
  ['unit', OF_NO_USER],
  ['conformance', BESIDE_DRIVERS],
  ['e2e', new Set([...OF_TEXTS, ...OF_THE_DAEMON])],
]);
const ORDINARY = ALL.filter(({ name }) => OF_USERS.has(name)).map((lane) => ({
  ...lane,
  except: OF_USERS.get(lane.name),
}));

/** Names for several lanes. */
const GROUPS = { quick: QUICK, ordinary: ORDINARY };

/** Names that `npm test --` takes. */
export const NAMES = [...Object.keys(GROUPS), ...ALL.map(({ name }) => name)];

/** The lanes of these `names`, each once; all without names. */
export function lanesOf(names) {
  if (names.length === 0) return ALL;
  const chosen = new Set(names.flatMap((name) => GROUPS[name] ?? ALL.filter((lane) => lane.name === name)));
  // Of a lane that was named whole and in part, the whole.
  const whole = new Set(ALL.filter((lane) => chosen.has(lane)).map(({ name }) => name));
  const isCovered = (lane) => !ALL.includes(lane) && whole.has(lane.name);
  return [...new Set([...ALL, ...QUICK, ...ORDINARY])].filter((lane) => chosen.has(lane) && !isCovered(lane));
}

/** How many processes a lane keeps busy. */
export function widthOf(lane) {
  return lane.together ? 1 : lane.atOnce;
}

/** Test files of a lane, as sorted paths relative to the clone. */
export function filesOf({ folder, only, except }) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => (only === undefined ? name.endsWith('.test.ts') && !isLeftOut(name, except) : name === only))
    .map((name) => join(folder, name))
    .sort();
}

/** Whether `except` has a file, or a folder that it is in. */
function isLeftOut(name, except = new Set()) {
  const parts = name.split('/');
  return parts.some((_, at) => except.has(parts.slice(0, at + 1).join('/')));
}

/** The reporter that names failed tests. */
const FAILED_TESTS = new URL('failed-tests.mjs', import.meta.url).href;

/**
 * Arguments of Node that run files of a lane; the file `report` gets the tests that failed. A test may take four minutes, on
 * a machine that is busy with much else.
 */
export function argumentsOf(lane, files, report) {
  const isolation = lane.together ? ['--test-isolation=none'] : [`--test-concurrency=${lane.atOnce}`];
  const seed = lane.seeded ? [`--import=${new URL('../test/support/seed.ts', import.meta.url).href}`] : [];
  const reporters = ['spec', 'stdout', FAILED_TESTS, report].map((value, at) =>
    at % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  );
  return ['--test', ...isolation, ...seed, ...reporters, '--test-timeout=240000', ...files];
}
