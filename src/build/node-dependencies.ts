import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';
import { installedPackages, onlyPackages, readPackageJson, withoutModules } from './node-modules.ts';
import { installNodeDependencies } from './npm-install.ts';
import { INSTALLED, type PackageRules } from './package-rules.ts';
import { noDependencies, type Dependencies } from './plain-sources.ts';

/**
 * The production packages that package.json declares: those that the author installed, or else installed with npm.
 * Throws the errors of a build tool.
 */
export async function nodeDependencies(
  fn: ProjectFunction,
  rules: PackageRules,
  context: BuildContext,
): Promise<Dependencies> {
  const declared = await readPackageJson(fn.directory);
  // Without a package.json production packages are unknown, so all are taken.
  if (declared === undefined) return noDependencies(rules);
  const names = Object.keys({ ...declared.dependencies, ...declared.optionalDependencies });
  if (names.length === 0) return noDependencies(withoutModules(rules));
  const packages = await installedPackages(fn.directory, declared, fn.directory);
  if (packages.missing.length === 0 && packages.folders.size + packages.links.size > 0)
    return noDependencies(onlyPackages(rules, packages));
  const installed = await installNodeDependencies(fn, context);
  const layer: Layer = { root: join(installed, 'node_modules'), prefix: 'node_modules', rules: INSTALLED };
  return { ...noDependencies(withoutModules(rules)), layers: [layer] };
}
