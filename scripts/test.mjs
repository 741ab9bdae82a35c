// `npm test [-- LANE ...]`: installs, builds, runs the lanes and sums up the results. Plain JavaScript for Node 20.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { whyNoEngine } from './docker-engine.mjs';
import { endProcesses } from './end-processes.mjs';
import { lanesOf, NAMES, widthOf } from './lanes.mjs';
import { hasPinnedNode, seconds } from './processes.mjs';
import { COUNTS, runLane, zeroCounts } from './run-lane.mjs';
import { ensureBinary, ensureBuilt, ensureDependencies } from './setup.mjs';
import { sideBySide, Turns } from './side-by-side.mjs';
import { testEnvironment } from './test-environment.mjs';

/** Without output for this long, says what is running (ms). */
const QUIET_MS = 30_000;

/** The lanes named on the command line, or all that can run here. */
function chosenLanes(names) {
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    console.error(`no lane is called '${unknown}'; there are: ${NAMES.join(', ')}`);
    process.exit(2);
  }
  return lanesOf(names).filter((lane) => {
    if (!lane.binary || hasPinnedNode) return true;
    console.log(`${lane.name}: skipped, because the pinned Node that makes the binary exists for linux-x64 only`);
    return false;
  });
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

/** Runs the lanes side by side, as far as this machine's processors allow; resolves with the counts of each. */
async function runLanes(lanes, env, signal) {
  const running = new Map();
  let printedAt = performance.now();
  const print = (line) => {
    printedAt = performance.now();
    console.log(line);
  };
  const turns = new Turns(lanes, print);
  const runOne = async (lane) => {
    const { line, end } = turns.open(lane);
    running.set(lane, performance.now());
    const counts = await runLane(lane, env, line);
    running.delete(lane);
    end();
    return counts;
  };
  const tell = setInterval(() => {
    if (performance.now() - printedAt < QUIET_MS) return;
    const all = [...running].map(([{ name }, since]) => `${name} (for ${seconds(performance.now() - since)})`);
    print(`... running: ${all.join(', ')}`);
  }, 1000);
  // Tests wait more than they compute, so that one process more than processors keeps them busy.
  const places = cpus().length + 1;
  const counts = await sideBySide(lanes, { places, widthOf, signal, runOne });
  clearInterval(tell);
  return counts;
}

/** Sums up counts. `LAM_TEST_TOTALS` names a file with the sum of earlier runs, which is added and then replaced. */
function sumOf(counts) {
  const file = process.env.LAM_TEST_TOTALS;
  const earlier = file !== undefined && existsSync(file) ? [JSON.parse(readFileSync(file, 'utf8'))] : [];
  const totals = zeroCounts();
  for (const each of [...earlier, ...counts]) for (const name of COUNTS) totals[name] += each[name];
  if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
  return totals;
}

const start = performance.now();
const lanes = chosenLanes(process.argv.slice(2));
await ensureDependencies();
if (lanes.some((lane) => !lane.together)) await ensureBuilt();
if (lanes.some((lane) => lane.binary)) await ensureBinary();
// Processes that outlive an interrupted test are found by the mark that they inherit.
const mark = { name: 'LAM_TEST_RUN', value: randomUUID() };
const env = { ...testEnvironment(process.env), LAM_TEST_DOCKER: await dockerOrNot(), [mark.name]: mark.value };

const stop = new AbortController();
/** @type {string | undefined} */
let endedBy;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    endedBy ??= signal;
    stop.abort();
  });
}
const counts = await runLanes(lanes, env, stop.signal);
if (endedBy !== undefined) {
  const ended = await endProcesses(mark);
  console.log(`\ninterrupted by ${endedBy}; ended ${ended} processes that tests had started`);
}
const totals = sumOf(counts);
console.log('');
for (const name of COUNTS) console.log(`# ${name} ${totals[name]}`);
console.log(`# duration_ms ${Math.round(performance.now() - start)}`);
const failed = totals.fail + totals.cancelled;
console.log(`${totals.pass} passed, ${failed} failed, ${totals.skipped} skipped`);
process.exitCode = endedBy === undefined ? Number(failed > 0) : 128 + constants.signals[endedBy];
