import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_CONFIG } from '../../src/contract/index.ts';
import { bareCommand } from '../floors/bare-command.ts';
import { BareRuntimeApi } from '../floors/runtime-api.ts';
import { builtFromTemplate, type Built } from '../lam/built.ts';
import { LOGGING } from '../lam/functions.ts';
import { pause, type DriverName, type Lam } from '../lam/lam.ts';
import { nodeBoot, outputOf, wallTime } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../row.ts';
import type { Scene } from '../scene.ts';
import { quantile } from '../stats.ts';
import { stemReady } from './starts.ts';
import { contest, findingOf, latency, oneByOne, placed } from './contest.ts';

const GROUP = 'runtimes';
const BARE = 'the same program, bare Runtime API';

/** Languages without an interpreter that takes long to start, by family. */
const EXECUTABLES = { go: 'Go', rust: 'Rust', crystal: 'Crystal', bash: 'bash' } as const;
type Family = keyof typeof EXECUTABLES;
const FAMILIES = Object.keys(EXECUTABLES) as readonly Family[];

/** Looks at the count of stems without a change, and their distance (ms). */
const CALM_LOOKS = 30;
const LOOK_MS = 50;

let count = 0;

/** The first invocation of a new function of code that is built (ms), with a stem where there are some. */
async function firstInvocation(lam: Lam, { artifact, runtime, handler }: Built): Promise<number> {
  count++;
  const name = `first-${count}`;
  await lam.control.publish(name, artifact, { runtime, handler });
  await stemReady(lam);
  const { ms } = await lam.invoke(name);
  await lam.control.remove(name);
  await lam.quiet();
  return ms;
}

/**
 * Waits until a stem is ready and no other has become ready for a while: a container boots longer than the counts of
 * sandboxes take to be quiet.
 */
async function stemsSettled(lam: Lam): Promise<void> {
  await stemReady(lam);
  let seen = -1;
  for (let calm = 0; calm < CALM_LOOKS; await pause(LOOK_MS)) {
    const { stems } = (await lam.control.status()).sandboxes;
    calm = stems === seen ? calm + 1 : 0;
    seen = stems;
  }
}

/** Their slowest hundredth. */
function p99Note(samples: readonly number[]): readonly string[] {
  return [`p99 ${quantile(samples, 0.99).toFixed(1)} ms`];
}

/** A lam for the functions of one family, so that its stems are of that kind, built once in a scene for each driver. */
function lamWith(
  scene: Scene,
  driver: DriverName,
  family: Family,
): Promise<{ readonly lam: Lam; readonly built: Built }> {
  return scene.shared(`${family} ${driver}`, async () => {
    if (driver === 'docker') await scene.engine();
    const lam = await scene.own(driver);
    return { lam, built: await builtFromTemplate(lam, family) };
  });
}

function processRow(family: Family): Row {
  const id = `process-${family}`;
  return {
    id,
    group: GROUP,
    measures: [
      {
        id,
        title: `cold start, process, ${EXECUTABLES[family]}, p50`,
        unit: 'ms',
        basis: { kind: 'ratio', allowance: 5 },
        floorName: BARE,
        gate: { sense: '<=', value: 1.5, aim: 1.2 },
      },
    ],
    async run(scene) {
      const { lam, built } = await lamWith(scene, 'process', family);
      const command = bareCommand(built, { memoryMiB: DEFAULT_CONFIG.memoryMiB, archive: null });
      const api = await BareRuntimeApi.open();
      try {
        const sides = [
          { name: 'lam', take: () => firstInvocation(lam, built) },
          { name: 'floor', take: () => api.coldStart(command, built) },
        ];
        const samples = await interleave(sides, { rounds: scene.rounds(30, 5), warmUp: 2 });
        return { findings: { [id]: findingOf(samples, p99Note(samples.get('lam') ?? [])) } };
      } finally {
        await api.close();
      }
    },
  };
}

function dockerRow(family: Family): Row {
  const id = `docker-${family}`;
  return {
    id,
    group: GROUP,
    measures: [
      {
        id,
        title: `cold start, Docker with a booted place, ${EXECUTABLES[family]}, p50`,
        unit: 'ms',
        basis: { kind: 'absolute', quantile: 0.5 },
        floorName: null,
        gate: { sense: '<=', value: 60, aim: 30 },
      },
    ],
    async run(scene) {
      const { lam, built } = await lamWith(scene, 'docker', family);
      const samples: number[] = [];
      await firstInvocation(lam, built);
      for (let i = 0; i < scene.rounds(20); i++) {
        await stemsSettled(lam);
        samples.push(await firstInvocation(lam, built));
      }
      return { findings: { [id]: { lam: samples, notes: p99Note(samples) } } };
    },
  };
}

const warm: Row = {
  id: 'warm-runtime-api',
  group: GROUP,
  measures: [
    latency('warm-runtime-api', 'warm c=1 p50, Go on the Runtime API', 'Node on native frames, both with a log line', {
      value: 2,
      aim: 1.5,
    }),
  ],
  async run(scene) {
    const { lam, built } = await lamWith(scene, 'process', 'go');
    await lam.control.publish('warm-go', built.artifact, { runtime: built.runtime, handler: built.handler });
    await lam.deploy('logging', LOGGING);
    for (const name of ['warm-go', 'logging']) await lam.invoke(name);
    await lam.quiet();
    const sides = [
      { name: 'lam', target: lam.target('warm-go'), pids: [lam.pid] },
      { name: 'floor', target: lam.target('logging'), pids: [lam.pid] },
    ];
    const samples = await contest(scene, { layout: 'one-core', rounds: scene.rounds(9), sides, take: oneByOne(scene) });
    return { findings: { 'warm-runtime-api': findingOf(samples, placed(scene, 'one-core')) } };
  },
};

const MIB = 1024 * 1024;
const FILES = 100;
const MIB_TOGETHER = 50;

const unchanged: Row = {
  id: 'deploy-unchanged',
  group: GROUP,
  measures: [
    {
      id: 'deploy-unchanged',
      title: `lam deploy of an unchanged function of ${MIB_TOGETHER} MB`,
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: 'node -e 0',
      gate: { sense: '<=', value: 500, aim: 250 },
    },
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    const folder = join(scene.folder, 'large');
    await mkdir(folder);
    await writeFile(join(folder, 'lam.yaml'), 'name: large\nruntime: nodejs\n');
    await writeFile(join(folder, 'index.mjs'), 'export const handler = async () => 1;\n');
    for (let i = 0; i < FILES; i++)
      await writeFile(join(folder, `data-${i}`), randomBytes((MIB_TOGETHER * MIB) / FILES));
    const deploy = lam.words('deploy', '--cwd', folder);
    await outputOf(deploy, lam.environment);
    const sides = [
      { name: 'lam', take: () => wallTime(deploy, lam.environment) },
      { name: 'floor', take: nodeBoot },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(15) });
    return { findings: { 'deploy-unchanged': findingOf(samples, []) } };
  },
};

export const RUNTIME_ROWS: readonly Row[] = [...FAMILIES.map(processRow), ...FAMILIES.map(dockerRow), warm, unchanged];
