// `npm test [-- LANE ...]`: installs, builds, runs the lanes and sums up the results. Plain JavaScript for Node 20.
import { whyNoEngine } from './docker-engine.mjs';
import { argumentsOf, filesOf, LANES } from './lanes.mjs';
import { hasPinnedNode, nodeProgram, run, seconds } from './processes.mjs';
import { ensureBinary, ensureBuilt, ensureDependencies } from './setup.mjs';
import { testEnvironment } from './test-environment.mjs';

const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];

/** Several times the duration of the longest lane. The runner limits tests, but not processes that a file leaves running. */
const LANE_LIMIT_MS = 18 * 60_000;

/** The lanes named on the command line, or all. */
function chosenLanes(names) {
  const unknown = names.filter((name) => !LANES.some((lane) => lane.name === name));
  if (unknown.length > 0) {
    console.error(`no lane is called '${unknown[0]}'; there are: ${LANES.map((lane) => lane.name).join(', ')}`);
    process.exit(2);
  }
  return LANES.filter((lane) => names.length === 0 || names.includes(lane.name));
}

/** Prints whether tests use Docker. Exits if it is required and missing. */
async function dockerOrNot() {
  const reason = await whyNoEngine();
  if (reason === undefined) {
    console.log('docker: an engine answers, so the tests use it too');
    return '1';
  }
  if ((process.env.LAM_TEST_REQUIRE ?? '').split(',').includes('docker')) {
    console.error(`docker: LAM_TEST_REQUIRE asks for an engine, and none answers (${reason})`);
    process.exit(1);
  }
  console.log(
    `docker: the Docker lane is skipped, as no engine answers (${reason}); start one, then: LAM_TEST_REQUIRE=docker npm test`,
  );
  return '0';
}

/** Runs one lane, prints its output and resolves with the counts of the test runner. */
async function runLane(lane, env) {
  console.log(`\n== ${lane.name}: ${lane.title}`);
  const files = filesOf(lane);
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0]));
  if (files.length === 0) {
    console.log(`== ${lane.name}: no tests in ${lane.folder}`);
    return { ...counts, fail: 1 };
  }
  // Leaves out the summary of the lane; one for all lanes follows at the end.
  const onLine = (line) => {
    const count = /^ℹ (\w+) ([\d.]+)$/.exec(line);
    if (count === null) console.log(line);
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
  console.log(`== ${lane.name}: ${good ? 'good' : 'failed'}, ${counts.tests} tests in ${seconds(ms)}${why}`);
  return counts;
}

const start = performance.now();
const lanes = chosenLanes(process.argv.slice(2));
await ensureDependencies();
if (lanes.some((lane) => !lane.together)) await ensureBuilt();
const env = { ...testEnvironment(process.env), LAM_TEST_DOCKER: await dockerOrNot() };
const totals = Object.fromEntries(COUNTS.map((name) => [name, 0]));
for (const lane of lanes) {
  if (lane.binary && !hasPinnedNode) {
    console.log(`\n== ${lane.name}: skipped, because the pinned Node that makes the binary exists for linux-x64 only`);
    continue;
  }
  if (lane.binary) await ensureBinary();
  const counts = await runLane(lane, env);
  for (const name of COUNTS) totals[name] += counts[name];
}
console.log('');
for (const name of COUNTS) console.log(`# ${name} ${totals[name]}`);
console.log(`# duration_ms ${Math.round(performance.now() - start)}`);
const failed = totals.fail + totals.cancelled;
console.log(`${totals.pass} passed, ${failed} failed, ${totals.skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
