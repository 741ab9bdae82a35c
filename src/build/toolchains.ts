import type { Toolchain } from '../runtimes/index.ts';

/** Time-out of asking a program for its version (ms). */
const ASK_MS = 10_000;

/** Asks a toolchain for its version: `1.26.0`; null where it is not on PATH or does not answer. */
export async function toolchainVersion({ program, ask }: Pick<Toolchain, 'program' | 'ask'>): Promise<string | null> {
  const { execa } = await import('execa');
  const { failed, all } = await execa(program, ask, { stdin: 'ignore', all: true, reject: false, timeout: ASK_MS });
  return failed ? null : (/\d+(?:\.\d+)+/.exec(all)?.[0] ?? null);
}
