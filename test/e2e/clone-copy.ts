import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const CLONE = join(import.meta.dirname, '..', '..');
const SOURCES = ['bin', 'scripts', 'src', 'templates', 'schema', 'package.json', 'package-lock.json'];
const MORE = ['oclif.manifest.json', 'tsconfig.json', 'LICENSE', 'README.md'];

/** Makes `folder` a clone that is not built: the sources, with the installed dependencies of this clone. */
export function unbuiltClone(folder: string): void {
  for (const name of [...SOURCES, ...MORE]) cpSync(join(CLONE, name), join(folder, name), { recursive: true });
  symlinkSync(join(CLONE, 'node_modules'), join(folder, 'node_modules'));
}

/** Folder of an installed package of this clone; undefined if it is not installed, as those of other platforms. */
export function installedPackage(name: string): string | undefined {
  const folder = join(CLONE, 'node_modules', name);
  return existsSync(folder) ? folder : undefined;
}
