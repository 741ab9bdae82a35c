import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FunctionName } from '../contract/index.ts';
import { lamError } from '../errors/index.ts';

/** A program that cargo made. */
export interface CargoProgram {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** Returns the program that one of cargo's JSON messages reports; undefined for other messages. */
export function programIn(message: string): CargoProgram | undefined {
  const { target, executable } = JSON.parse(message) as {
    readonly target?: { readonly name: string; readonly kind: readonly string[] };
    readonly executable?: string | null;
  };
  if (typeof executable !== 'string' || target?.kind.includes('bin') !== true) return undefined;
  return { name: target.name, path: executable };
}

/** Returns the only program, or that called `bootstrap`. Throws `LAM_BUILD_NO_PROGRAM`. */
export function onlyProgram(functionName: FunctionName, programs: readonly CargoProgram[]): CargoProgram {
  const [first, ...others] = programs;
  const chosen = others.length === 0 ? first : programs.find(({ name }) => name === 'bootstrap');
  if (chosen !== undefined) return chosen;
  const names = programs.map(({ name }) => `'${name}'`).join(', ');
  throw lamError('LAM_BUILD_NO_PROGRAM', {
    function: functionName,
    why: first === undefined ? 'the package has no program' : `it has several programs: ${names}`,
    remedy: first === undefined ? 'add src/main.rs' : "call one of them 'bootstrap', with [[bin]] in Cargo.toml",
  });
}

/** Whether the settings of cargo for `directory`, in it or above it, name the target to build for. */
export async function namedTarget(directory: string): Promise<boolean> {
  for (let folder = directory; ; folder = dirname(folder)) {
    for (const name of ['config.toml', 'config']) {
      const text = await readFile(join(folder, '.cargo', name), 'utf8').catch(() => '');
      const [, build = ''] = /^\s*\[build\]([^[]*)/m.exec(text) ?? [];
      if (/^\s*target\s*=/m.test(build) || /^\s*build\.target\s*=/m.test(text)) return true;
    }
    if (folder === dirname(folder)) return false;
  }
}
