import { hello, HELLO, WAITING } from '../lam/functions.ts';
import { successOf, type Lam } from '../lam/lam.ts';
import { BODY, requestBytes } from '../load/target.ts';
import { closedLoop, requireWrk } from '../load/load.ts';
import type { Connection } from '../load/connection.ts';
import { cleanEnvironment, NODE, wallTime } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

const GROUP = 'many';
const BURST = 64;
/** How long each handler of the slow burst, and each Node beside it, waits, ms. */
const WAIT_MS = 250;
/** How long the many functions are called before they count as warm, s. */
const WARM_UP_SECONDS = 30;

let bursts = 0;

/** 64 requests at once for a function never called: from the first request to the last answer (ms). */
async function burst(lam: Lam, waitMs: number): Promise<number> {
  bursts++;
  const name = `burst-${bursts}`;
  await lam.deploy(name, waitMs === 0 ? hello(name) : { 'index.js': `${WAITING['index.js']}// ${name}\n` });
  await lam.quiet();
  const connections: Connection[] = [];
  try {
    for (let i = 0; i < BURST; i++) connections.push(await lam.connect());
    const request = requestBytes('POST', lam.target(name).path, waitMs === 0 ? BODY : JSON.stringify({ waitMs }));
    const began = performance.now();
    const answers = await Promise.all(connections.map((connection) => connection.exchange(request)));
    const ms = performance.now() - began;
    answers.forEach(successOf);
    return ms;
  } finally {
    for (const connection of connections) connection.close();
    await lam.control.remove(name);
    await lam.quiet();
  }
}

/** 64 Nodes at once, each waiting that long: from the first spawning to the last end, ms. */
async function spawnNodes(waitMs: number): Promise<number> {
  const code = waitMs === 0 ? '0' : `setTimeout(() => undefined, ${waitMs})`;
  const began = performance.now();
  await Promise.all(Array.from({ length: BURST }, () => wallTime([NODE, '-e', code], cleanEnvironment())));
  return performance.now() - began;
}

function burstRow(id: string, title: string, waitMs: number): Row {
  return {
    id,
    group: GROUP,
    measures: [
      {
        id,
        title,
        unit: 'ms',
        basis: { kind: 'ratio' },
        floorName: waitMs === 0 ? '64 Nodes spawned' : `64 Nodes that wait ${WAIT_MS} ms`,
        gate: { sense: '<=', value: 1.25, aim: 0.6 },
      },
    ],
    async run(scene) {
      const lam = await scene.own('process');
      const sides = [
        { name: 'lam', take: () => burst(lam, waitMs) },
        { name: 'floor', take: () => spawnNodes(waitMs) },
      ];
      try {
        const samples = await interleave(sides, { rounds: scene.rounds(7, 2) });
        // An answer that is an error ends the row, so all that were counted succeeded.
        return {
          findings: { [id]: { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [], notes: ['0 errors'] } },
        };
      } finally {
        await lam.dispose();
      }
    },
  };
}

const manyWarm: Row = {
  id: 'many-200',
  group: GROUP,
  measures: [
    {
      id: 'many-200',
      title: '200 warm functions in turn, c=64',
      unit: 'requests/s',
      basis: { kind: 'ratio' },
      floorName: 'one function, c=64',
      gate: { sense: '>=', value: 0.7, aim: 0.85 },
    },
  ],
  run: manyWarmRun,
};

async function manyWarmRun(scene: Scene): Promise<RowResult> {
  requireWrk();
  const lam = await scene.own('process');
  try {
    const names = Array.from({ length: scene.rounds(200, 100) }, (_, i) => `many-${i}`);
    // The least memory there is, so that 200 fit under the budget of a small machine.
    for (const name of names) await lam.deploy(name, hello(name), { memoryMiB: 64 });
    await lam.deploy('hello', HELLO);
    for (const name of [...names, 'hello']) await lam.invoke(name);
    const prefix = scene.placement.generatorPrefix('shared');
    const loop = { connections: 64, seconds: scene.rounds(4, 2), folder: scene.folder, prefix };
    const targets = names.map((name) => lam.target(name));
    // Each of so many processes compiles its code by itself, and gets a hundredth of the calls that the one function
    // gets.
    const seconds = scene.rounds(WARM_UP_SECONDS, 2);
    const warmUp = await closedLoop({ ...loop, targets, seconds });
    const sides = [
      { name: 'lam', take: () => closedLoop({ ...loop, targets }) },
      { name: 'floor', take: () => closedLoop({ ...loop, targets: [lam.target('hello')] }) },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(7) });
    const { sandboxes } = await lam.control.status();
    const notes = [
      `each was called about ${Math.round((warmUp * seconds) / names.length)} times before`,
      `${names.length} functions, ${sandboxes.idle + sandboxes.busy} sandboxes at the end`,
      scene.placement.describe('shared'),
    ];
    return { findings: { 'many-200': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [], notes } } };
  } finally {
    await lam.dispose();
  }
}

export const MANY_ROWS: readonly Row[] = [
  manyWarm,
  burstRow('burst-64', 'burst 0 to 64, concurrency 1', 0),
  burstRow('burst-64-waiting', `burst 0 to 64, concurrency 1, handlers that wait ${WAIT_MS} ms`, WAIT_MS),
];
