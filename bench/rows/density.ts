import { hello, HELLO } from '../lam/functions.ts';
import { pause, type Lam } from '../lam/lam.ts';
import type { Finding } from '../measure.ts';
import { memoryKiB } from '../processes.ts';
import type { Row, RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';
import { contest, findingOf, oneByOne, placed } from './contest.ts';

const GROUP = 'many';

/** A small and a large home. */
interface Homes {
  readonly few: Lam;
  readonly many: Lam;
  readonly difference: number;
}

const FEW = 10;

/** Fills two homes and stops their daemons. */
async function fill(scene: Scene): Promise<Homes> {
  const size = scene.rounds(1000, 200);
  const [few, many] = [await scene.own('process'), await scene.own('process')];
  for (const [lam, count] of [
    [few, FEW],
    [many, size],
  ] as const) {
    await lam.deploy('hello', HELLO);
    for (let i = 1; i < count; i++) await lam.deploy(`function-${i}`, hello(String(i)));
    await lam.stopDaemon();
  }
  return { few, many, difference: size - FEW };
}

/** Memory of a process once it is stable (KiB). */
async function restingKiB(pid: number): Promise<number> {
  let last = memoryKiB(pid, 'VmRSS');
  for (let looks = 0, calm = 0; looks < 40 && calm < 4; looks++) {
    await pause(250);
    const now = memoryKiB(pid, 'VmRSS');
    calm = now === last ? calm + 1 : 0;
    last = now;
  }
  return last;
}

const density: Row = {
  id: 'density',
  group: GROUP,
  measures: [
    {
      id: 'density-start',
      title: '1,000 deployed functions: daemon ready',
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: '10 deployed',
      gate: { sense: '<=', value: 400, aim: 200 },
    },
    {
      id: 'density-rss',
      title: '1,000 deployed functions: daemon memory for each',
      unit: 'KiB',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '<=', value: 8, aim: 4 },
    },
    {
      id: 'density-invoke',
      title: '1,000 deployed functions: warm invoke p50',
      unit: 'ms',
      basis: { kind: 'ratio' },
      floorName: '10 deployed',
      gate: { sense: '<=', value: 1.1, aim: 1.05 },
    },
  ],
  run: densityRun,
};

async function densityRun(scene: Scene): Promise<RowResult> {
  const { few, many, difference } = await fill(scene);
  try {
    const starts: Record<'few' | 'many', number[]> = { few: [], many: [] };
    const perFunction: number[] = [];
    for (let round = 0; round < scene.rounds(7, 2); round++) {
      const first = round % 2 === 0 ? (['few', 'many'] as const) : (['many', 'few'] as const);
      const kib: Record<'few' | 'many', number> = { few: 0, many: 0 };
      for (const which of first) {
        const lam = which === 'few' ? few : many;
        starts[which].push(await lam.startDaemon());
        kib[which] = await restingKiB(lam.pid);
        await lam.stopDaemon();
      }
      perFunction.push((kib.many - kib.few) / difference);
    }
    const invoke = await invokeBoth(scene, few, many);
    const notes = difference + FEW === 1000 ? [] : [`${difference + FEW} functions only`];
    return {
      findings: {
        'density-start': { lam: starts.many, floor: starts.few, notes },
        'density-rss': { lam: perFunction, notes },
        'density-invoke': { ...invoke, notes },
      },
    };
  } finally {
    await few.dispose();
    await many.dispose();
  }
}

/** Warm invocations of the same function in both homes, in turn. */
async function invokeBoth(scene: Scene, few: Lam, many: Lam): Promise<Finding> {
  for (const lam of [few, many]) {
    await lam.startDaemon();
    await lam.invoke('hello');
  }
  const sides = [
    { name: 'lam', target: many.target('hello'), pids: [many.pid] },
    { name: 'floor', target: few.target('hello'), pids: [few.pid] },
  ];
  const samples = await contest(scene, { layout: 'one-core', rounds: scene.rounds(15), sides, take: oneByOne(scene) });
  return findingOf(samples, placed(scene, 'one-core'));
}

export const DENSITY_ROWS: readonly Row[] = [density];
