import type { ProjectFunction } from '../project/index.ts';
import type { Sources } from './family-build.ts';
import type { Layer } from './collect.ts';
import { packageRules, type PackageRules } from './package-rules.ts';

/** How a function's dependencies get into its artifact. */
export interface Dependencies {
  /** What is taken from the function's own folder. */
  readonly rules: PackageRules;
  /** Further layers below it. */
  readonly layers: readonly Layer[];
  /** Removes what was installed for this build only. */
  dispose(): Promise<void>;
}

/** The function's own folder as it is, over what `provide` finds or installs where lam.yaml lets it. */
export async function plainSources(
  fn: ProjectFunction,
  provide: (rules: PackageRules) => Promise<Dependencies> = (rules) => Promise.resolve(noDependencies(rules)),
): Promise<Sources> {
  const rules = await packageRules(fn.directory, { include: fn.build.include, onlyIncluded: false });
  const dependencies = fn.build.dependencies === 'auto' ? await provide(rules) : noDependencies(rules);
  return {
    layers: [{ root: fn.directory, prefix: '', rules: dependencies.rules }, ...dependencies.layers],
    dispose: () => dependencies.dispose(),
  };
}

/** Nothing but what `rules` take from the function's folder. */
export function noDependencies(rules: PackageRules): Dependencies {
  return { rules, layers: [], dispose: () => Promise.resolve() };
}
