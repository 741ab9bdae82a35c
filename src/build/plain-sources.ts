import type { ProjectFunction } from '../project/index.ts';
import type { Sources } from './family-build.ts';
import type { Layer } from './collect.ts';
import { packageRules, type PackageRules } from './package-rules.ts';

/** The source key of families whose sources are the same for all handlers. */
export const ANY_HANDLER = (): Promise<string> => Promise.resolve('');

/** What a function's dependencies contribute to its artifact. */
export interface Dependencies {
  /** Selects from the function's own folder. */
  readonly rules: PackageRules;
  /** Further layers below it. */
  readonly layers: readonly Layer[];
  /** Removes temporary installations. */
  dispose(): Promise<void>;
}

/** The function's folder as it is, on top of what `provide` finds or installs unless lam.yaml disables it. */
export async function plainSources(
  fn: ProjectFunction,
  provide: (rules: PackageRules) => Promise<Dependencies> = (rules) => Promise.resolve(noDependencies(rules)),
): Promise<Sources> {
  const rules = await packageRules(fn, { onlyIncluded: false });
  const dependencies = fn.build.dependencies === 'auto' ? await provide(rules) : noDependencies(rules);
  return {
    layers: [{ root: fn.directory, prefix: '', rules: dependencies.rules }, ...dependencies.layers],
    dispose: () => dependencies.dispose(),
  };
}

/** No dependencies beyond what `rules` select from the function's folder. */
export function noDependencies(rules: PackageRules): Dependencies {
  return { rules, layers: [], dispose: () => Promise.resolve() };
}
