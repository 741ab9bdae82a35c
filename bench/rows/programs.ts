import { join } from 'node:path';
import { bareSpawn } from '../floors/bare-spawn.ts';
import { builtFromTemplate } from '../lam/built.ts';
import { NODE } from '../processes.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../row.ts';
import { findingOf, latency } from './contest.ts';

/** One invocation of a warm sandbox, which starts a program, against the start of that program alone. */
function programRow(parts: {
  readonly runtime: string;
  readonly title: string;
  readonly floorName: string;
  readonly command: (folder: string) => readonly string[];
}): Row {
  const { runtime, title, floorName, command } = parts;
  const id = `warm-${runtime}`;
  return {
    id,
    group: 'runtimes',
    measures: [latency(id, title, floorName, { value: 1.3, aim: 1.1 })],
    async run(scene) {
      const lam = await scene.lam('process');
      const { artifact, handler, folder } = await builtFromTemplate(lam, runtime);
      await lam.control.publish(id, artifact, { runtime, handler });
      const sides = [
        { name: 'lam', take: async () => (await lam.invoke(id)).ms },
        { name: 'floor', take: () => bareSpawn(command(folder), folder) },
      ];
      const samples = await interleave(sides, { rounds: scene.rounds(60, 8), warmUp: 3 });
      return { findings: { [id]: findingOf(samples, []) } };
    },
  };
}

const HOST = join(import.meta.dirname, '../floors/wasi-host.ts');

export const PROGRAM_ROWS: readonly Row[] = [
  programRow({
    runtime: 'stdio',
    title: 'an invocation of a shell script on stdio',
    floorName: 'bare spawn',
    command: (folder) => [join(folder, 'main')],
  }),
  programRow({
    runtime: 'wasm',
    title: 'an invocation of a WASI command in Go',
    floorName: 'bare spawn of Node with it',
    command: (folder) => [NODE, HOST, join(folder, 'main.wasm')],
  }),
];
