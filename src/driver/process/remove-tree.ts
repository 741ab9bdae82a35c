import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';

/**
 * Removes what a sandbox leaves, whatever a function made of it: folders so deep that their paths are longer than the
 * system takes, or closed to their own user. None of its processes may run any more. Rejects with the system's error.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // These programs walk from folder to folder, without paths. Root needs no modes and changes none.
    if (process.getuid?.() !== 0) await run('/bin/chmod', ['-R', 'u+rwX', '--', path]).catch(() => undefined);
    await run('/bin/rm', ['-rf', '--', path]);
  }
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env: {} }, (error) => (error === null ? resolve() : reject(error)));
  });
}
