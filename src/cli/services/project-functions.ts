import { resolve, sep } from 'node:path';
import { findProjectFile, loadProject } from '../../project/index.ts';

/**
 * Names of the functions a command in `cwd` is about: the one whose folder `cwd` lies in, where the project has
 * several, else all of the project. Empty outside a project. Throws `LAM_PROJECT_INVALID` for a broken lam.yaml.
 */
export async function projectFunctions(cwd: string): Promise<readonly string[]> {
  if ((await findProjectFile(cwd)) === undefined) return [];
  const { functions, root } = await loadProject(cwd);
  const here = `${resolve(cwd)}${sep}`;
  const inside = functions.filter((f) => f.directory !== root && here.startsWith(`${f.directory}${sep}`));
  return (inside.length > 0 ? inside : functions).map((f) => f.name);
}
