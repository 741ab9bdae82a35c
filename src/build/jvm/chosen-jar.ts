import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { ProjectFunction } from '../../project/index.ts';

/** Jars beside the one that runs: of sources, documentation, tests, and what a shaded one was made of. */
const BESIDE = /^original-|-(?:sources|javadoc|tests|test-sources|plain)\.jar$/;

/**
 * Returns the path of the jar that a build made in `folder`: the only one, else the first of `preferred`, else the
 * newest. Throws `LAM_BUILD_JAR_MISSING`.
 */
export async function chosenJar(fn: ProjectFunction, folder: string, preferred: readonly string[]): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jar') && !BESIDE.test(name));
  const wanted = preferred.find((name) => names.includes(name));
  if (wanted !== undefined) return join(folder, wanted);
  const dated = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), at: (await stat(join(folder, name))).mtimeMs })),
  );
  const newest = dated.toSorted((a, b) => b.at - a.at)[0];
  if (newest === undefined)
    throw lamError('LAM_BUILD_JAR_MISSING', { function: fn.name, folder: relative(fn.directory, folder) });
  return newest.path;
}
