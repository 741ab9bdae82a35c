import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { parseRuntime } from '../runtimes/index.ts';

const JAVASCRIPT = ['.js', '.mjs', '.cjs'] as const;
const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx'] as const;

/** The handler's file without its ending, relative to the code's root: `src/index` of `src/index.handler`. */
export function handlerBase(runtime: string, handler: string): string {
  const family = parseRuntime(runtime)?.family;
  if (family === 'provided') return 'bootstrap';
  if (family === 'python3') return handler.slice(0, Math.max(0, handler.lastIndexOf('.'))).replaceAll('.', '/');
  const slash = handler.lastIndexOf('/') + 1;
  const dot = handler.indexOf('.', slash);
  return dot === -1 ? handler : handler.slice(0, dot);
}

/** The paths, relative to the code's root, where the handler's runtime looks for its file. */
export function handlerCandidates(runtime: string, handler: string): readonly string[] {
  const base = handlerBase(runtime, handler);
  const family = parseRuntime(runtime)?.family;
  if (family === 'provided') return [base];
  if (family === 'python3') return [`${base}.py`, `${base}/__init__.py`];
  return [base, ...JAVASCRIPT.map((ending) => base + ending), ...TYPESCRIPT.map((ending) => base + ending)];
}

/**
 * The source file to bundle, relative to the function's folder; undefined when nothing is to be bundled: the runtime
 * is not Node's, lam.yaml says so, the file is missing, or it says nothing and there is JavaScript.
 */
export async function bundleEntry(fn: ProjectFunction): Promise<string | undefined> {
  if (fn.build.bundle === false || parseRuntime(fn.config.runtime)?.family !== 'nodejs') return undefined;
  const base = handlerBase(fn.config.runtime, fn.config.handler);
  for (const ending of [...JAVASCRIPT, ...TYPESCRIPT]) {
    if (!(await isFile(join(fn.directory, base + ending)))) continue;
    const isTypeScript = (TYPESCRIPT as readonly string[]).includes(ending);
    return isTypeScript || fn.build.bundle === true ? base + ending : undefined;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
