import { GLAMBDAR } from '../floors/glambdar.ts';
import { histogramOf, percentileMs } from '../load/latencies.ts';
import { closedLoop, generate } from '../load/load.ts';
import type { Target } from '../load/target.ts';
import type { Finding, Measure } from '../measure.ts';
import type { Layout } from '../placement.ts';
import { interleave } from '../rounds.ts';
import type { Contestant, Scene } from '../scene.ts';

/** A comparison of all servers that answer the same POST. */
export interface Contest<T> {
  readonly layout: Layout;
  readonly rounds: number;
  readonly sides: readonly Contestant[];
  /** One sample. `prefix`: words that put the generator on its cores. */
  readonly take: (target: Target, prefix: readonly string[]) => Promise<T>;
}

/** Runs a contest with all contestants on the cores of its layout. */
export async function contest<T>(
  scene: Scene,
  { layout, rounds, sides, take }: Contest<T>,
): Promise<ReadonlyMap<string, T[]>> {
  const { placement } = scene;
  const pids = sides.flatMap((side) => side.pids);
  const prefix = placement.generatorPrefix(layout);
  await placement.place(layout, pids);
  try {
    const turns = sides.map(({ name, target }) => ({ name, take: () => take(target, prefix) }));
    return await interleave(turns, { rounds });
  } finally {
    await placement.place('free', pids);
  }
}

/** All contestants, lam first. The function is warm. */
export async function everyone(scene: Scene, functionName: string): Promise<readonly Contestant[]> {
  const lam = await scene.lam('process');
  await lam.invoke(functionName);
  await lam.quiet();
  const glambdar = await scene.glambdar();
  return [
    { name: 'lam', target: lam.target(functionName), pids: [lam.pid] },
    await scene.floor(),
    ...(glambdar === undefined ? [] : [glambdar]),
    ...scene.others(),
  ];
}

/** Result of a contest of `lam`, `floor` and others. */
export function findingOf(samples: ReadonlyMap<string, readonly number[]>, notes: readonly string[]): Finding {
  const beside = Object.fromEntries([...samples].filter(([name]) => name !== 'lam' && name !== 'floor'));
  return { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [], beside, notes };
}

/** The same samples with glambdar-shape as the other side, for the measure `id`; empty without it. */
export async function againstGlambdar(
  scene: Scene,
  id: string,
  samples: ReadonlyMap<string, readonly number[]>,
): Promise<Readonly<Record<string, Finding>>> {
  const glambdar = await scene.glambdar();
  if (glambdar === undefined) return {};
  return { [id]: { lam: samples.get('lam') ?? [], floor: samples.get(GLAMBDAR) ?? [], notes: [glambdar.note] } };
}

/** Notes about where everyone ran. Peers are somebody else's processes. */
export function placed(scene: Scene, layout: Layout): readonly string[] {
  const peers = scene.peers.length === 0 || layout === 'free' ? [] : ['peers are not pinned'];
  return [scene.placement.describe(layout), ...peers];
}

type Take = (target: Target, prefix: readonly string[]) => Promise<number>;

/** Median latency of one request after the other, ms. */
export function oneByOne(scene: Scene): Take {
  return async (target, prefix) => {
    const { latencies } = await generate(
      { kind: 'sequential', target, count: scene.rounds(4000, 1500), limitMs: 2000 },
      prefix,
    );
    // The first half warms the server up.
    return percentileMs(histogramOf(latencies.slice(latencies.length >> 1)), 50);
  };
}

/** Answers per second at 64 connections. */
export function closed(scene: Scene): Take {
  return (target, prefix) =>
    closedLoop({ targets: [target], connections: 64, seconds: scene.rounds(4, 2), folder: scene.folder, prefix });
}

interface Reach {
  readonly value: number;
  readonly aim: number;
}

/** A measure of latency: lam's must be at most that multiple of the floor's. */
export function latency(id: string, title: string, floorName: string, gate: Reach): Measure {
  return { id, title, unit: 'ms', basis: { kind: 'ratio' }, floorName, gate: { sense: '<=', ...gate } };
}

/** A measure of throughput: lam's must be at least that multiple of the floor's. */
export function rate(id: string, title: string, floorName: string, gate: Reach): Measure {
  return { id, title, unit: 'requests/s', basis: { kind: 'ratio' }, floorName, gate: { sense: '>=', ...gate } };
}
