import { join } from 'node:path';
import type { Finding, Measure } from '../measure.ts';
import { cleanEnvironment, outputOf } from '../processes.ts';
import { NotRun, type Row, type RowResult } from '../row.ts';
import type { Scene } from '../scene.ts';

/** Others that lam's policy must beat, by their names in the simulator. */
const OTHERS = { fixed: 'ten minutes for all', ewma: "Glambdar's moving average" } as const;

type Other = keyof typeof OTHERS;

const POLICIES = ['lam', 'fixed', 'ewma'] as const;

/** The part of the simulator's answer that is measured. */
interface Simulated {
  readonly data: {
    readonly outcomes: readonly { readonly policy: string; readonly coldShare: number; readonly idleGBs: number }[];
  };
}

const simulator: Row = {
  id: 'simulator',
  group: 'policy',
  measures: [
    ...(['fixed', 'ewma'] as const).flatMap((other) => [
      better(`simulator-${other}-cold`, 'simulator: share of cold starts', '%', other),
      better(`simulator-${other}-idle`, 'simulator: memory held idle', 'GB s', other),
    ]),
    {
      id: 'simulator-speed',
      title: 'simulator: a million invocations under one policy',
      unit: 's',
      basis: { kind: 'absolute', quantile: 0.5 },
      floorName: null,
      gate: { sense: '<=', value: 60, aim: 20 },
    },
  ],
  run: simulatorRun,
};

function better(id: string, title: string, unit: string, other: Other): Measure {
  return {
    id,
    title: `${title}, against ${OTHERS[other]}`,
    unit,
    basis: { kind: 'ratio' },
    floorName: OTHERS[other],
    gate: { sense: '<=', value: 1, aim: 0.5 },
  };
}

/** A synthetic trace a round, each from another seed. */
async function simulatorRun(scene: Scene): Promise<RowResult> {
  const invocations = scene.rounds(1_000_000, 100_000);
  const runs: Simulated['data']['outcomes'][] = [];
  const seconds: number[] = [];
  for (let seed = 1; seed <= scene.rounds(3, 1); seed++) {
    const began = performance.now();
    runs.push(await simulate(scene, seed, invocations));
    const millions = (POLICIES.length * invocations) / 1e6;
    seconds.push((performance.now() - began) / 1000 / millions);
  }
  const of = (policy: string, figure: 'coldShare' | 'idleGBs', scale: number): readonly number[] =>
    runs.map((outcomes) => (outcomes.find((outcome) => outcome.policy === policy)?.[figure] ?? Number.NaN) * scale);
  const against = (other: Other, figure: 'coldShare' | 'idleGBs', scale: number): Finding => ({
    lam: of('lam', figure, scale),
    floor: of(other, figure, scale),
  });
  const notes = [`${invocations.toLocaleString('en-US')} invocations of a synthetic trace, seeds 1 to ${runs.length}`];
  return {
    findings: {
      'simulator-fixed-cold': { ...against('fixed', 'coldShare', 100), notes },
      'simulator-fixed-idle': against('fixed', 'idleGBs', 1),
      'simulator-ewma-cold': against('ewma', 'coldShare', 100),
      'simulator-ewma-idle': against('ewma', 'idleGBs', 1),
      'simulator-speed': { lam: seconds },
    },
  };
}

async function simulate(scene: Scene, seed: number, invocations: number): Promise<Simulated['data']['outcomes']> {
  const words = ['simulate', '--json', '--seed', String(seed), '--invocations', String(invocations)];
  const policies = POLICIES.flatMap((policy) => ['--policy', policy]);
  const environment = cleanEnvironment({ HOME: scene.folder, LAM_HOME: join(scene.folder, 'none') });
  const out = await outputOf([...scene.command, ...words, ...policies], environment).catch((error: unknown) => {
    if (String(error).includes('LAM_CLI_UNKNOWN_COMMAND'))
      throw new NotRun('this lam has no simulator: lam simulate is not a command of it');
    throw error;
  });
  return (JSON.parse(out) as Simulated).data.outcomes;
}

export const SIMULATOR_ROWS: readonly Row[] = [simulator];
