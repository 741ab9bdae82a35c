import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A user without rights, as whom root runs commands. */
export const NOBODY = 65_534;

/** Why cases with another user are skipped, for `{ skip }`; false where they run. */
export const NO_OTHER_USER: string | false =
  process.getuid?.() === 0 ? false : 'only root can run a command as another user';

/** A copy of the program that every user may run. Disposing removes it. */
export interface ProgramForAll extends Disposable {
  readonly path: string;
}

/**
 * Copies `program`, a clone's `bin/lam` with all it runs or the single file, to a folder that every user may enter:
 * the clone may be below a folder that only its owner may enter, as homes are.
 */
export function programForAll(program: string, single: boolean): ProgramForAll {
  const folder = mkdtempSync('/tmp/lam-program-');
  if (single) copyFileSync(program, join(folder, 'lam'));
  else copyClone(dirname(dirname(program)), folder);
  // The clone may have been made with a umask that closes its files to others.
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  chmodSync(folder, 0o755);
  return {
    path: join(folder, single ? 'lam' : 'bin/lam'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function copyClone(clone: string, folder: string): void {
  const parts = ['bin', 'dist', 'templates', 'package.json', 'oclif.manifest.json'];
  // The single file in dist is a hundred megabytes that bin/lam has no use for.
  const filter = (path: string): boolean =>
    basename(dirname(path)) !== 'dist' || /\.cjs$|\/assets$|\/build-digest$/.test(path);
  for (const part of parts) cpSync(join(clone, part), join(folder, part), { recursive: true, filter });
  const node = join(folder, 'node_modules/.bin/node');
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node);
}
