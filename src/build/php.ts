import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import type { Layer } from './collect.ts';
import { installComposerPackages } from './composer-install.ts';
import type { FamilyBuild } from './family-build.ts';
import { EVERYTHING, type PackageRules } from './package-rules.ts';
import { noDependencies, plainSources, type Dependencies } from './plain-sources.ts';

const VENDOR = 'vendor';

/** The author's folder on top of the packages that composer.json declares. */
export const php: FamilyBuild = {
  candidates: (handler) => [`${DESCRIPTORS.php.handler.file(handler)}.php`],
  sources: (fn, context) => plainSources(fn, (rules) => dependencies(fn, rules, context)),
  inline: () => ({ file: 'index.php', executable: false, handler: 'index.handler' }),
};

async function dependencies(fn: ProjectFunction, rules: PackageRules, context: BuildContext): Promise<Dependencies> {
  // Packages that the author installed are the function's.
  if (await isFile(join(fn.directory, VENDOR, 'autoload.php'))) return noDependencies(rules);
  const installed = await installComposerPackages(fn, context);
  if (installed === undefined) return noDependencies(rules);
  const layer: Layer = { root: installed, prefix: VENDOR, rules: EVERYTHING };
  return { ...noDependencies(rules), layers: [layer] };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
