import { join } from 'node:path';
import { writeUnbundledCli } from '../floors/unbundled.ts';
import type { Lam } from '../lam/lam.ts';
import { BODY } from '../load/target.ts';
import { NODE, nodeBoot, wallTime } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../row.ts';

const GROUP = 'cli';
const NODE_BOOT = 'node -e 0';

/** A command of lam against a Node that does nothing. */
function commandRow(id: string, title: string, args: readonly string[], prepare: (lam: Lam) => Promise<unknown>): Row {
  return {
    id,
    group: GROUP,
    measures: [
      {
        id,
        title,
        unit: 'ms',
        basis: { kind: 'ratio' },
        floorName: NODE_BOOT,
        gate: { sense: '<=', value: 1.6, aim: 1.3 },
      },
    ],
    async run(scene) {
      const lam = await scene.lam('process');
      await prepare(lam);
      const sides = [
        { name: 'lam', take: () => wallTime(lam.words(...args), lam.environment) },
        { name: 'floor', take: nodeBoot },
      ];
      const samples = await interleave(sides, { rounds: scene.rounds(30, 7), warmUp: 2 });
      return { findings: { [id]: { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [] } } };
    },
  };
}

const oclif: Row = {
  id: 'cli-list',
  group: GROUP,
  measures: [
    {
      id: 'cli-list',
      title: 'lam list, a command of the full program',
      unit: 'ms',
      basis: { kind: 'ratio' },
      floorName: 'the same unbundled, without manifest',
      gate: { sense: '<=', value: 0.5, aim: 0.4 },
    },
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    const main = await writeUnbundledCli(join(scene.folder, 'unbundled'));
    const sides = [
      { name: 'lam', take: () => wallTime(lam.words('list'), lam.environment) },
      { name: 'floor', take: () => wallTime([NODE, main, 'list'], lam.environment) },
      { name: NODE_BOOT, take: nodeBoot },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(30, 7), warmUp: 2 });
    const beside = { [NODE_BOOT]: samples.get(NODE_BOOT) ?? [] };
    return { findings: { 'cli-list': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [], beside } } };
  },
};

const daemonStart: Row = {
  id: 'daemon-start',
  group: 'start',
  measures: [
    {
      id: 'daemon-start',
      title: 'daemon start until it accepts requests',
      unit: 'ms',
      basis: { kind: 'ratio' },
      floorName: NODE_BOOT,
      gate: { sense: '<=', value: 3, aim: 2 },
    },
  ],
  async run(scene) {
    const lam = await scene.own('process', false);
    const start = async (): Promise<number> => {
      const ms = await lam.startDaemon();
      await lam.stopDaemon();
      return ms;
    };
    const sides = [
      { name: 'lam', take: start },
      { name: 'floor', take: nodeBoot },
    ];
    const samples = await interleave(sides, { rounds: scene.rounds(30, 7) });
    return { findings: { 'daemon-start': { lam: samples.get('lam') ?? [], floor: samples.get('floor') ?? [] } } };
  },
};

export const CLI_ROWS: readonly Row[] = [
  commandRow('cli-version', 'lam --version', ['--version'], () => Promise.resolve()),
  commandRow('cli-invoke', 'lam invoke', ['invoke', 'hello', '-d', BODY], (lam) => lam.invoke('hello')),
  commandRow('cli-logs', 'lam logs, 20 records', ['logs', 'logging', '-n', '20'], async (lam) => {
    for (let i = 0; i < 10; i++) await lam.invoke('logging');
  }),
  oclif,
  daemonStart,
];
