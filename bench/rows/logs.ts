import { PRINTING } from '../lam/functions.ts';
import { pause, successOf, type Lam } from '../lam/lam.ts';
import { requestBytes } from '../load/target.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

/** Functions that print at the same time. */
const FUNCTIONS = 2;
const LINES_PER_CALL = 10_000;
/** Calls of each function; the output of one must stay under the limit of 64 MiB. */
const CALLS = 15;
/** Time limit until the last line is stored (ms). */
const LIMIT_MS = 60_000;

const lines: Row = {
  id: 'log-lines',
  group: 'logs',
  measures: [
    {
      id: 'log-lines',
      title: 'log lines of 80 characters, until they can be read back',
      unit: 'lines/s',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '>=', value: 100_000, aim: 200_000 },
    },
  ],
  run: linesRun,
};

async function linesRun(scene: Scene): Promise<RowResult> {
  const rates: number[] = [];
  for (let round = 0; round < scene.rounds(5, 2); round++) {
    // A home of its own each time, so that what is kept never reaches the limit and all of it can be counted.
    const lam = await scene.own('process');
    try {
      rates.push(await printed(lam));
    } finally {
      await lam.dispose();
    }
  }
  const notes = [`${FUNCTIONS} functions at once, ${LINES_PER_CALL} lines a call, none lost`];
  return { findings: { 'log-lines': { lam: rates, notes } } };
}

/** Lines per second from the first call to the moment when the last line of every function is read back. */
async function printed(lam: Lam): Promise<number> {
  const names = Array.from({ length: FUNCTIONS }, (_, i) => `printing-${i}`);
  for (const name of names) {
    await lam.deploy(name, PRINTING, { timeoutMs: 30_000 });
    await lam.invoke(name, JSON.stringify({ lines: 1000, end: 'warm' }));
  }
  const began = performance.now();
  await Promise.all(names.map((name) => printAll(lam, name)));
  for (const name of names) await lastLineOf(lam, name);
  const seconds = (performance.now() - began) / 1000;
  for (const name of names) await countLines(lam, name);
  return (FUNCTIONS * CALLS * LINES_PER_CALL) / seconds;
}

async function printAll(lam: Lam, name: string): Promise<void> {
  const connection = await lam.connect();
  for (let call = 0; call < CALLS; call++) {
    const body = JSON.stringify({ lines: LINES_PER_CALL, end: `end ${call}` });
    successOf(await connection.exchange(requestBytes('POST', lam.target(name).path, body)));
  }
  connection.close();
}

async function lastLineOf(lam: Lam, name: string): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  while (!(await lam.control.logs(name, 5)).includes(`"end ${CALLS - 1}"`)) {
    if (performance.now() > until)
      throw new Error(`the last line of '${name}' did not come within ${LIMIT_MS / 1000} s`);
    await pause(5);
  }
}

/** Throws unless every line was stored. */
async function countLines(lam: Lam, name: string): Promise<void> {
  const text = await lam.control.logs(name);
  const found = text.split('\n').reduce((sum, line) => sum + linesIn(line), 0);
  const wanted = CALLS * LINES_PER_CALL + 1000;
  if (found !== wanted) throw new Error(`'${name}' printed ${wanted} lines, and ${found} can be read back`);
}

/** Lines of the printing loop in one record, which may hold several. */
function linesIn(record: string): number {
  return record.split(' xxxxxxxx').length - 1;
}

export const LOG_ROWS: readonly Row[] = [lines];
