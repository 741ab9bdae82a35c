import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FIXTURES = join(import.meta.dirname, '../fixtures/functions');

/** Whether there is a Go toolchain on PATH. */
export async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** Builds a Go fixture as a static `bootstrap` into a new folder; dispose it to remove the folder. */
export async function buildGoFixture(fixture = 'provided-go'): Promise<{ readonly dir: string } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), 'lam-go-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    await run('go', ['build', '-o', join(dir, 'bootstrap'), '.'], {
      cwd: join(FIXTURES, fixture),
      env: { ...process.env, CGO_ENABLED: '0' },
    });
  } catch (cause) {
    await remove();
    throw cause;
  }
  return { dir, [Symbol.asyncDispose]: remove };
}
