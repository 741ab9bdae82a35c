import { join, normalize, posix, sep } from 'node:path';
import { parseRuntime } from '../runtimes/index.ts';
import type { ProjectFunction } from './project.ts';

/** A function before the other functions of its file are known. */
export type LoneFunction = Omit<ProjectFunction, 'othersFolders'>;

/** Absolute folder of the handler's file; `directory` when the handler names none below it. */
export function handlerFolder({ directory, config }: Pick<LoneFunction, 'directory' | 'config'>): string {
  const file = parseRuntime(config.runtime)?.descriptor.handler.file(config.handler) ?? '';
  const folder = join(directory, normalize(posix.dirname(file)));
  return isWithin(folder, directory) ? folder : directory;
}

/** Adds to each function the folders of the others that its artifact leaves out. */
export function withOthersFolders(functions: readonly LoneFunction[]): readonly ProjectFunction[] {
  return functions.map((fn) => {
    const handler = handlerFolder(fn);
    const others = functions
      .map((other) => other.ownFolder)
      .filter((folder) => folder !== fn.directory && isWithin(folder, fn.directory) && !isWithin(handler, folder));
    return { ...fn, othersFolders: [...new Set(others)] };
  });
}

/** Whether `path` is `folder` or below it; both absolute and normalized. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
