// `npm test [-- LANE ...]`: installs, builds, runs the lanes and sums up the results. Plain JavaScript for Node 20.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { whyNoEngine } from './docker-engine.mjs';
import { endProcesses } from './end-processes.mjs';
import { lanesOf, NAMES, widthOf } from './lanes.mjs';
import { hasPinnedNode, seconds } from './processes.mjs';
import { COUNTS, runAgain, runLane, zeroCounts } from './run-lane.mjs';
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

/** The most files that run once more: with more, something is broken. */
const MOST_AGAIN = 10;

/** Runs the lanes side by side, as far as this machine's processors allow; resolves with what came of each. */
async function runLanes(lanes, env, signal) {
  const running = new Map();
  let printedAt = performance.now();
  const print = (line) => {
    printedAt = performance.now();
    console.log(line);
  };
  const turns = new Turns(lanes, print);
  const runOne = async (lane, atOnce) => {
    const { line, end } = turns.open(lane);
    running.set(lane, performance.now());
    const outcome = await runLane({ ...lane, atOnce }, env, line);
    running.delete(lane);
    end();
    return { lane, ...outcome };
  };
  const tell = setInterval(() => {
    if (performance.now() - printedAt < QUIET_MS) return;
    const all = [...running].map(([{ name }, since]) => `${name} (for ${seconds(performance.now() - since)})`);
    print(`... running: ${all.join(', ')}`);
  }, 1000);
  // Tests wait more than they compute, so that one process more than processors keeps them busy.
  const places = cpus().length + 1;
  const outcomes = await sideBySide(lanes, { places, widthOf, signal, runOne });
  clearInterval(tell);
  return outcomes;
}

/**
 * With `LAM_TEST_RERUN=1`, runs files in which tests failed once more, alone, as some tests depend on a share of the
 * processors. Resolves with the outcomes that then hold, and what to say of tests that passed only then.
 */
async function rerun(outcomes, env, signal) {
  const files = new Set(outcomes.flatMap(({ lane, failed }) => failed.map(({ file }) => `${lane.name} ${file}`)));
  if (process.env.LAM_TEST_RERUN !== '1' || files.size > MOST_AGAIN) return { final: outcomes, unsteady: [] };
  const final = [];
  const unsteady = [];
  for (const outcome of outcomes) {
    const { lane, failed } = outcome;
    const again = failed.length > 0 && !signal.aborted ? await runAgain(lane, outcome, env, console.log) : outcome;
    final.push({ lane, ...again });
    const isFailed = ({ file, name }) => again.failed.some((each) => each.file === file && each.name === name);
    for (const test of failed) if (!isFailed(test)) unsteady.push(textOf(lane, test));
  }
  return { final, unsteady };
}

/** A failed test as a line. */
function textOf(lane, { file, name, why }) {
  return `${lane.name}, ${file}: ${name}: ${why}`;
}

/**
 * Sums up the outcomes. `LAM_TEST_TOTALS` names a file with the sum of earlier runs, which is added and then replaced.
 * Failed tests are lines of text: `failed` of those that failed, `unsteady` of those that passed in a second run.
 */
function sumOf(outcomes, unsteady) {
  const file = process.env.LAM_TEST_TOTALS;
  const earlier = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const counts = zeroCounts();
  for (const each of [earlier, ...outcomes]) for (const name of COUNTS) counts[name] += each?.counts[name] ?? 0;
  const failed = outcomes.flatMap((each) => each.failed.map((test) => textOf(each.lane, test)));
  const totals = {
    counts,
    failed: [...(earlier?.failed ?? []), ...failed],
    unsteady: [...(earlier?.unsteady ?? []), ...unsteady],
  };
  if (file !== undefined) writeFileSync(file, JSON.stringify(totals));
  return totals;
}

/** Prints lines of failed tests below a title, if there are any. */
function list(title, lines) {
  if (lines.length > 0) console.log(`\n== ${title}\n${lines.map((line) => `  ${line}`).join('\n')}`);
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
const outcomes = await runLanes(lanes, env, stop.signal);
const { final, unsteady } = await rerun(outcomes, env, stop.signal);
if (endedBy !== undefined) {
  const ended = await endProcesses(mark);
  console.log(`\ninterrupted by ${endedBy}; ended ${ended} processes that tests had started`);
}
const totals = sumOf(final, unsteady);
list('unsteady: failed, and passed when run once more alone', totals.unsteady);
list('failed', totals.failed);
console.log('');
for (const name of COUNTS) console.log(`# ${name} ${totals.counts[name]}`);
console.log(`# duration_ms ${Math.round(performance.now() - start)}`);
const { pass, skipped } = totals.counts;
const failed = totals.counts.fail + totals.counts.cancelled;
console.log(`${pass} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = endedBy === undefined ? Number(failed > 0) : 128 + constants.signals[endedBy];
