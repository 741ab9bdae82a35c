import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import { newDraft } from './drafts.ts';
import type { FamilyBuild, Sources } from './family-build.ts';
import { EVERYTHING, packageRules } from './package-rules.ts';
import { ANY_HANDLER, plainSources } from './plain-sources.ts';

const BOOTSTRAP = 'bootstrap';

/** Compiles a function's program to `file`, an absolute path in an empty folder. Throws `LAM_BUILD_*`. */
type Compile = (fn: ProjectFunction, context: BuildContext, file: string) => Promise<void>;

/**
 * The build of a family whose program lam compiles: the artifact is the executable `bootstrap` and what `build.include`
 * names. With `build.command` or without dependencies in lam.yaml the author's folder is packaged as it is.
 */
export function compiledBuild(compile: Compile): FamilyBuild {
  return {
    candidates: () => [BOOTSTRAP],
    sources: (fn, context) =>
      fn.build.command === undefined && fn.build.dependencies === 'auto'
        ? compiledSources(fn, context, compile)
        : plainSources(fn),
    sourceKey: ANY_HANDLER,
    inline: null,
  };
}

async function compiledSources(fn: ProjectFunction, context: BuildContext, compile: Compile): Promise<Sources> {
  const rules = await packageRules(fn, { onlyIncluded: true });
  const output = await newDraft(context.workspace);
  const dispose = (): Promise<void> => rm(output, { recursive: true, force: true });
  try {
    await compile(fn, context, join(output, BOOTSTRAP));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    layers: [
      { root: output, prefix: '', rules: EVERYTHING },
      { root: fn.directory, prefix: '', rules },
    ],
    dispose,
  };
}
