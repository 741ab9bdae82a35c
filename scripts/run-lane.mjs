// Runs one lane of `npm test` and counts its tests. Plain JavaScript for Node 20.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOf, filesOf } from './lanes.mjs';
import { nodeProgram, run, seconds } from './processes.mjs';

/** What the test runner counts. */
export const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];

/** Twice the duration of the longest lane. The runner limits tests, but not processes that a file leaves running. */
const LANE_LIMIT_MS = 50 * 60_000;

/** Counts of nothing. */
export function zeroCounts() {
  return Object.fromEntries(COUNTS.map((name) => [name, 0]));
}

/** Runs a lane in the environment `env`, gives its output to `print` line by line, and resolves with what came of it. */
export async function runLane(lane, env, print) {
  print(`\n== ${lane.name}: ${lane.title}`);
  const files = filesOf(lane);
  if (files.length === 0) {
    print(`== ${lane.name}: no tests in ${lane.folder}`);
    return { counts: { ...zeroCounts(), fail: 1 }, failed: [] };
  }
  const { counts, failed, good, endedInTime, ms } = await runFiles(lane, files, env, print);
  const why = endedInTime ? '' : ', and was ended because something in it did not end by itself';
  print(`== ${lane.name}: ${good ? 'good' : 'failed'}, ${counts.tests} tests in ${seconds(ms)}${why}`);
  return { counts, failed };
}

/**
 * Runs the files of a lane in which tests `failed` once more, when nothing else runs. Resolves with the counts that then
 * hold for the lane, and with the tests that failed again; with what was given where it is not known which files ran them.
 */
export async function runAgain(lane, { counts, failed }, env, print) {
  const files = [...new Set(failed.map(({ file }) => file))];
  if (!files.every((file) => filesOf(lane).includes(file))) return { counts, failed };
  print(`\n== ${lane.name}: once more, alone: ${files.join(', ')}`);
  const again = await runFiles({ ...lane, atOnce: 1 }, files, env, print);
  const { fail, cancelled } = again.counts;
  const pass = counts.pass + counts.fail + counts.cancelled - fail - cancelled;
  return { counts: { ...counts, pass, fail, cancelled }, failed: again.failed };
}

/** Runs test files with the arguments of a lane. */
async function runFiles(lane, files, env, print) {
  const counts = zeroCounts();
  // Leaves out the summary of the lane; one for all lanes follows at the end.
  const onLine = (line) => {
    const count = /^ℹ (\w+) ([\d.]+)$/.exec(line);
    if (count === null) print(line);
    else if (COUNTS.includes(count[1])) counts[count[1]] = Number(count[2]);
  };
  let rest = '';
  const tap = (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  };
  const folder = mkdtempSync(join(tmpdir(), 'lam-lane-'));
  const report = join(folder, 'failed');
  const command = [nodeProgram(), ...argumentsOf(lane, files, report)];
  const { code, ms } = await run(command, { tap, env: { ...env, ...lane.env }, limitMs: LANE_LIMIT_MS });
  if (rest !== '') onLine(rest);
  const failed = failuresIn(report);
  rmSync(folder, { recursive: true, force: true });
  const endedInTime = ms < LANE_LIMIT_MS;
  const good = code === 0 && endedInTime;
  if (!good && counts.fail + counts.cancelled === 0) counts.fail = 1;
  return { counts, failed, good, endedInTime, ms };
}

/** What the reporter `failed-tests.mjs` wrote, of which a killed runner may have written less. */
function failuresIn(report) {
  if (!existsSync(report)) return [];
  const whole = readFileSync(report, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line));
}
