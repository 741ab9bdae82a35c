import { resolve } from 'node:path';
import { findProjectFile, isWithin, loadProject } from '../../project/index.ts';
import type { FunctionName } from '../../contract/index.ts';

/**
 * Names of the functions that a command in `cwd` applies to: those with the deepest own folder that contains `cwd`,
 * otherwise all of the project. Empty outside a project. Throws `LAM_PROJECT_INVALID` for an invalid lam.yaml.
 */
export async function projectFunctions(cwd: string): Promise<readonly FunctionName[]> {
  if ((await findProjectFile(cwd)) === undefined) return [];
  const { functions, root } = await loadProject(cwd);
  const here = resolve(cwd);
  const around = functions.filter((f) => f.ownFolder !== root && isWithin(here, f.ownFolder));
  const deepest = Math.max(...around.map((f) => f.ownFolder.length));
  const inside = around.filter((f) => f.ownFolder.length === deepest);
  return (inside.length > 0 ? inside : functions).map((f) => f.name);
}
