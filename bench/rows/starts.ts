import { join } from 'node:path';
import { ContainerFloor, ContainerPattern } from '../floors/container.ts';
import { hello } from '../lam/functions.ts';
import { pause, type Lam } from '../lam/lam.ts';
import type { ConfigInput } from '../../src/contract/index.ts';
import { quantile } from '../stats.ts';
import { nodeBoot } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../row.ts';
import { NotRun } from '../row.ts';
import type { Scene } from '../scene.ts';

const GROUP = 'cold';
/** Time limit until a stem is ready after a deploy (ms). */
const STEM_LIMIT_MS = 20_000;
const MIB_PER_START = 1;
const FIRST_MIB = 129;

let count = 0;

/** A function name not used before. */
function freshName(): string {
  count++;
  return `start-${count}`;
}

/** First invocation of a new function with a ready stem (ms), and the kind of start. */
async function stemHit(lam: Lam): Promise<{ readonly ms: number; readonly start: string }> {
  const name = freshName();
  await lam.deploy(name, hello(name));
  await stemReady(lam);
  const { ms, start } = await lam.invoke(name);
  await lam.control.remove(name);
  // The next stem boots now, which must not slow the other side.
  await lam.quiet();
  return { ms, start };
}

/** Waits until a stem is ready. Throws {@link NotRun} for a lam without stems. */
export async function stemReady(lam: Lam): Promise<void> {
  const until = performance.now() + STEM_LIMIT_MS;
  for (;;) {
    const { sandboxes } = await lam.quiet();
    const stems: unknown = 'stems' in sandboxes ? sandboxes.stems : undefined;
    if (stems === undefined) throw new NotRun('this lam says nothing of stems in its status');
    if (Number(stems) > 0) return;
    if (performance.now() > until) throw new Error(`no stem was ready ${STEM_LIMIT_MS / 1000} s after a deploy`);
    await pause(50);
  }
}

/** First invocation of a new function without a stem (ms): its memory limit is unique. */
async function coldWithoutStem(lam: Lam, config: ConfigInput = {}): Promise<number> {
  const name = freshName();
  await lam.quiet();
  await lam.deploy(name, hello(name), { ...config, memoryMiB: FIRST_MIB + count * MIB_PER_START });
  const { ms, start } = await lam.invoke(name);
  if (start !== 'cold') throw new Error(`the start was meant to be cold and was '${start}'`);
  await lam.control.remove(name);
  await lam.quiet();
  return ms;
}

/** Notes how many starts had no stem although others did; nothing for a lam that does not report stems. */
function startNotes(starts: readonly string[]): readonly string[] {
  const others = starts.filter((start) => start !== 'stem').length;
  return others === 0 || others === starts.length
    ? []
    : [`${others} of ${starts.length} first invocations found no stem after all`];
}

const processStem: Row = {
  id: 'process-stem',
  group: GROUP,
  measures: [
    {
      id: 'process-stem',
      title: 'cold start, process, stem hit, p50',
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: 'node -e 0',
      gate: { sense: '<=', value: 8, aim: 4 },
    },
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    const starts: string[] = [];
    const take = async (): Promise<number> => {
      const { ms, start } = await stemHit(lam);
      starts.push(start);
      return ms;
    };
    const sides = [
      { name: 'lam', take },
      { name: 'floor', take: nodeBoot },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(50, 5), warmUp: 2 });
    const mine = samples.get('lam') ?? [];
    const notes = [`p99 ${quantile(mine, 0.99).toFixed(1)} ms`, ...startNotes(starts)];
    return { findings: { 'process-stem': { lam: mine, floor: samples.get('floor') ?? [], notes } } };
  },
};

const processCold: Row = {
  id: 'process-cold',
  group: GROUP,
  measures: [
    {
      id: 'process-cold',
      title: 'cold start, process, no stem',
      unit: 'ms',
      basis: { kind: 'ratio' },
      floorName: 'node -e 0',
      gate: { sense: '<=', value: 1.4, aim: 1.2 },
    },
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    const sides = [
      { name: 'lam', take: () => coldWithoutStem(lam) },
      { name: 'floor', take: nodeBoot },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(30, 5) });
    return { findings: { 'process-cold': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [] } } };
  },
};

const dockerStem: Row = {
  id: 'docker-stem',
  group: GROUP,
  measures: [
    {
      id: 'docker-stem-p50',
      title: 'cold start, Docker, stem hit, p50',
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '<=', value: 25, aim: 10 },
    },
    {
      id: 'docker-stem-p99',
      title: 'cold start, Docker, stem hit, p99',
      unit: 'ms',
      basis: { kind: 'absolute', quantile: 0.99 },
      floorName: null,
      gate: { sense: '<=', value: 60, aim: 25 },
    },
  ],
  async run(scene) {
    const lam = await scene.lam('docker');
    await stemHit(lam);
    const samples: number[] = [];
    const starts: string[] = [];
    for (let i = 0; i < scene.rounds(100, 5); i++) {
      const { ms, start } = await stemHit(lam);
      samples.push(ms);
      starts.push(start);
    }
    const finding = { lam: samples, notes: startNotes(starts) };
    return { findings: { 'docker-stem-p50': finding, 'docker-stem-p99': { lam: samples } } };
  },
};

const dockerCold: Row = {
  id: 'docker-cold',
  group: GROUP,
  measures: [
    {
      id: 'docker-cold',
      title: 'cold start, Docker, no stem',
      unit: 'ms',
      basis: { kind: 'ratio' },
      floorName: 'create, start, Node connects',
      gate: { sense: '<=', value: 1.3, aim: 1.15 },
    },
  ],
  run: dockerColdRun,
};

async function dockerColdRun(scene: Scene): ReturnType<Row['run']> {
  const engine = await scene.engine();
  const lam = await scene.lam('docker');
  const config: ConfigInput = { network: 'none' };
  await lam.deploy('pattern', hello('pattern'), config);
  await lam.invoke('pattern');
  const pattern = await ContainerPattern.of(engine, lam, 'pattern');
  await lam.control.remove('pattern');
  const floor = await ContainerFloor.open(engine, pattern, join(scene.folder, 'container'));
  try {
    const sides = [
      { name: 'lam', take: () => coldWithoutStem(lam, config) },
      { name: 'floor', take: () => floor.coldStart() },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(30) });
    const notes = pattern.isNetworkDisabled ? [] : ['the containers of both sides have a network'];
    return { findings: { 'docker-cold': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [], notes } } };
  } finally {
    await floor.close();
  }
}

export const START_ROWS: readonly Row[] = [dockerStem, dockerCold, processStem, processCold];
