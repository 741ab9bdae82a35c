import { rm } from 'node:fs/promises';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { newDraft } from './drafts.ts';
import type { Sources } from './family-build.ts';
import { EVERYTHING, packageRules } from './package-rules.ts';

/**
 * What `write` makes in a temporary folder, on top of the files that `build.include` selects. Throws what `write`
 * throws, and then leaves nothing.
 */
export async function bundledSources(
  fn: ProjectFunction,
  context: BuildContext,
  write: (folder: string) => Promise<void>,
): Promise<Sources> {
  const rules = await packageRules(fn, { onlyIncluded: true });
  const output = await newDraft(context.workspace);
  const dispose = (): Promise<void> => rm(output, { recursive: true, force: true });
  try {
    await write(output);
  } catch (error) {
    await dispose();
    throw error;
  }
  const layers = [
    { root: output, prefix: '', rules: EVERYTHING },
    { root: fn.directory, prefix: '', rules },
  ];
  return { layers, dispose };
}
