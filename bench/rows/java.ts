import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bareCommand } from '../floors/bare-command.ts';
import { BareRuntimeApi } from '../floors/runtime-api.ts';
import { builtFromTemplate, type Built } from '../lam/built.ts';
import { pause, type Lam } from '../lam/lam.ts';
import { interleave } from '../rounds.ts';
import type { Row } from '../row.ts';
import { latency } from './contest.ts';

/** After each call its sandbox goes, so that the next start is cold. */
const IDLE_MS = 100;
const MEMORY_MIB = 256;
/** Until the daemon has recorded an archive after a deploy (ms). */
const ARCHIVE_LIMIT_MS = 60_000;

/** The archive of classes that the daemon records beside the code of its one function that wants one. */
async function archiveOf({ folder }: Built): Promise<string> {
  const place = dirname(folder);
  for (const until = performance.now() + ARCHIVE_LIMIT_MS; performance.now() < until; await pause(200)) {
    const name = (await readdir(place)).find((each) => /^archive-[0-9a-f]+$/.test(each));
    if (name !== undefined) return join(place, name);
  }
  throw new Error(`no archive of classes was recorded within ${ARCHIVE_LIMIT_MS / 1000} s`);
}

/** A cold start of a function whose last sandbox is gone (ms). */
async function coldStart(lam: Lam, name: string): Promise<number> {
  const { ms, start } = await lam.invoke(name);
  if (start === 'warm') throw new Error(`'${name}' was still warm`);
  for (;;) {
    const { idle, busy } = (await lam.quiet()).sandboxes;
    if (idle + busy === 0) return ms;
  }
}

const java: Row = {
  id: 'process-java',
  group: 'runtimes',
  measures: [
    latency('java-archive', 'cold start, process, Java with AppCDS', 'the same without', { value: 0.6, aim: 0.5 }),
    latency('java-bare', 'cold start, process, Java with AppCDS', 'bare java, bare Runtime API', {
      value: 1.2,
      aim: 1.1,
    }),
  ],
  async run(scene) {
    const lam = await scene.own('process');
    const built = await builtFromTemplate(lam, 'java');
    await lam.control.remove(built.name);
    const config = { runtime: 'java', handler: built.handler, memoryMiB: MEMORY_MIB, idleTimeoutMs: IDLE_MS };
    await lam.control.publish('archived', built.artifact, config);
    const environment = { JAVA_TOOL_OPTIONS: '-Xshare:auto' };
    await lam.control.publish('plain', built.artifact, { ...config, environment });
    for (const name of ['archived', 'plain']) await coldStart(lam, name);
    const archive = { does: 'use', file: await archiveOf(built) } as const;
    const command = bareCommand(built, { memoryMiB: MEMORY_MIB, archive });
    const api = await BareRuntimeApi.open();
    try {
      const sides = [
        { name: 'lam', take: () => coldStart(lam, 'archived') },
        { name: 'plain', take: () => coldStart(lam, 'plain') },
        { name: 'bare', take: () => api.coldStart(command, built) },
      ];
      const samples = await interleave(sides, { rounds: scene.rounds(15) });
      const of = (name: string): readonly number[] => samples.get(name) ?? [];
      return {
        findings: {
          'java-archive': { lam: of('lam'), floor: of('plain') },
          'java-bare': { lam: of('lam'), floor: of('bare') },
        },
      };
    } finally {
      await api.close();
      await lam.dispose();
    }
  },
};

export const JAVA_ROWS: readonly Row[] = [java];
