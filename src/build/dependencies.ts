import { rm } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { parseRuntime } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';
import { installedPackages, onlyPackages, readPackageJson, withoutModules } from './node-modules.ts';
import { installNodeDependencies } from './npm-install.ts';
import { INSTALLED, type PackageRules } from './package-rules.ts';
import { installPythonDependencies } from './pip-install.ts';

/** How a function's dependencies get into its artifact. */
export interface Dependencies {
  /** What is taken from the function's own folder. */
  readonly rules: PackageRules;
  /** Further layers below it. */
  readonly layers: readonly Layer[];
  dispose(): Promise<void>;
}

/**
 * Finds or installs what a function declares, as its `build.dependencies` asks. `rules` are those of its folder.
 * Throws the errors of a build tool.
 */
export async function provideDependencies(
  fn: ProjectFunction,
  rules: PackageRules,
  context: BuildContext,
): Promise<Dependencies> {
  const family = parseRuntime(fn.config.runtime)?.family;
  if (fn.build.dependencies === 'auto' && family === 'nodejs') return nodeDependencies(fn, rules, context);
  if (fn.build.dependencies === 'auto' && family === 'python3') return pythonDependencies(fn, rules, context);
  return plain(rules);
}

async function nodeDependencies(
  fn: ProjectFunction,
  rules: PackageRules,
  context: BuildContext,
): Promise<Dependencies> {
  const declared = await readPackageJson(fn.directory);
  // Without a package.json nobody can say which packages are for production: they are all taken.
  if (declared === undefined) return plain(rules);
  const names = Object.keys({ ...declared.dependencies, ...declared.optionalDependencies });
  if (names.length === 0) return plain(withoutModules(rules));
  const packages = await installedPackages(fn.directory, declared, fn.directory);
  if (packages.missing.length === 0 && packages.folders.size + packages.links.size > 0)
    return plain(onlyPackages(rules, packages));
  const installed = await installNodeDependencies(fn, context);
  const layer: Layer = { root: join(installed, 'node_modules'), prefix: 'node_modules', rules: INSTALLED };
  return { rules: withoutModules(rules), layers: [layer], dispose: () => Promise.resolve() };
}

/**
 * Dependencies of a handler that will be bundled: an absolute folder with a `node_modules` to look in besides the
 * author's and those of the folders above it, or undefined when these have everything.
 */
export async function modulesToBundle(fn: ProjectFunction, context: BuildContext): Promise<string | undefined> {
  const declared = await readPackageJson(fn.directory);
  if (fn.build.dependencies === 'none' || declared === undefined) return undefined;
  const { missing } = await installedPackages(fn.directory, declared, parse(fn.directory).root);
  return missing.length === 0 ? undefined : installNodeDependencies(fn, context);
}

async function pythonDependencies(
  fn: ProjectFunction,
  rules: PackageRules,
  context: BuildContext,
): Promise<Dependencies> {
  const installed = await installPythonDependencies(fn, context);
  if (installed === undefined) return plain(rules);
  const layer: Layer = { root: installed.folder, prefix: '', rules: INSTALLED };
  const dispose = async (): Promise<void> => {
    if (installed.isTemporary) await rm(installed.folder, { recursive: true, force: true });
  };
  return { rules, layers: [layer], dispose };
}

function plain(rules: PackageRules): Dependencies {
  return { rules, layers: [], dispose: () => Promise.resolve() };
}
