import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Names of a project file, in order of precedence. */
const PROJECT_FILES = ['lam.yaml', 'lam.yml'] as const;

/** Returns the absolute path of the nearest project file in `from` or a folder above it, or undefined. */
export async function findProjectFile(from: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const name of PROJECT_FILES) {
      const file = join(folder, name);
      if (await isFile(file)) return file;
    }
    if (folder === dirname(folder)) return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}
