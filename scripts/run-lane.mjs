// Runs one lane of `npm test` and counts its tests. Plain JavaScript for Node 20.
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

/** Runs a lane in the environment `env`, gives its output to `print` line by line, and resolves with its counts. */
export async function runLane(lane, env, print) {
  print(`\n== ${lane.name}: ${lane.title}`);
  const files = filesOf(lane);
  const counts = zeroCounts();
  if (files.length === 0) {
    print(`== ${lane.name}: no tests in ${lane.folder}`);
    return { ...counts, fail: 1 };
  }
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
  const command = [nodeProgram(), ...argumentsOf(lane, files)];
  const { code, ms } = await run(command, { tap, env: { ...env, ...lane.env }, limitMs: LANE_LIMIT_MS });
  if (rest !== '') onLine(rest);
  const endedInTime = ms < LANE_LIMIT_MS;
  const good = code === 0 && endedInTime;
  if (!good && counts.fail + counts.cancelled === 0) counts.fail = 1;
  const why = endedInTime ? '' : ', and was ended because something in it did not end by itself';
  print(`== ${lane.name}: ${good ? 'good' : 'failed'}, ${counts.tests} tests in ${seconds(ms)}${why}`);
  return counts;
}
