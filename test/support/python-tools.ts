import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/lam-python');
const LIMIT_MS = 300_000;

/**
 * Returns the interpreter of an environment with these packages (`NAME==VERSION`), made once per clone; undefined where
 * Python cannot make one.
 */
export async function pythonWith(packages: readonly string[]): Promise<string | undefined> {
  const folder = join(CACHE, createHash('sha256').update(packages.join('\n')).digest('hex').slice(0, 16));
  const python = join(folder, 'bin/python');
  if (existsSync(python)) return python;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    try {
      await run('python3', ['-m', 'venv', draft]);
    } catch {
      // Debian: python3-venv is missing.
      return undefined;
    }
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    if (packages.length > 0) await run(join(draft, 'bin/python'), install, { timeout: LIMIT_MS });
    // Of the programs in it only the interpreter may be moved; packages are imported.
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(python)) throw error;
    });
    return python;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
