import { resolve, sep } from 'node:path';
import { findProjectFile, loadProject } from '../../project/index.ts';
import type { FunctionName } from '../../contract/index.ts';

/**
 * Names of the functions that a command in `cwd` applies to: those whose own folder contains `cwd`, otherwise all of
 * the project. Empty outside a project. Throws `LAM_PROJECT_INVALID` for an invalid lam.yaml.
 */
export async function projectFunctions(cwd: string): Promise<readonly FunctionName[]> {
  if ((await findProjectFile(cwd)) === undefined) return [];
  const { functions, root } = await loadProject(cwd);
  const here = `${resolve(cwd)}${sep}`;
  const inside = functions.filter((f) => f.directory !== root && here.startsWith(`${f.directory}${sep}`));
  return (inside.length > 0 ? inside : functions).map((f) => f.name);
}
