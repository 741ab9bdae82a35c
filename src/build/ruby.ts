import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { installGems } from './bundle-install.ts';
import type { Layer } from './collect.ts';
import type { FamilyBuild } from './family-build.ts';
import type { PackageRules } from './package-rules.ts';
import { ANY_HANDLER, noDependencies, plainSources, type Dependencies } from './plain-sources.ts';

/** Where Bundler keeps gems, as AWS expects them. */
const BUNDLE = 'vendor/bundle';

/** Selects of installed gems what running code needs. */
const GEMS: PackageRules = {
  // Below ruby/<version>: `cache` has the downloaded files, `doc` the documentation, `bin` commands with absolute paths.
  enters: (folder) => !/^ruby\/[^/]+\/(?:cache|doc|bin|build_info)$/.test(folder),
  takes: (path) => !/^ruby\/[^/]+\/extensions\/.*\/(?:gem_make\.out|mkmf\.log)$/.test(path),
};

/** The author's folder on top of the gems that a Gemfile declares. */
export const ruby: FamilyBuild = {
  candidates: (handler) => [`${DESCRIPTORS.ruby.handler.file(handler)}.rb`],
  sources: (fn, context) => plainSources(fn, (rules) => dependencies(fn, rules, context)),
  sourceKey: ANY_HANDLER,
  inline(code) {
    const name = /^def\s+(?:self\.)?(lambda_handler|handler)\b/m.exec(code)?.[1] ?? 'lambda_handler';
    return { file: 'lambda_function.rb', executable: false, handler: `lambda_function.${name}` };
  },
};

async function dependencies(fn: ProjectFunction, rules: PackageRules, context: BuildContext): Promise<Dependencies> {
  // Gems that the author installed for this function are its gems.
  if (await isFolder(join(fn.directory, BUNDLE, 'ruby'))) return noDependencies(rules);
  const installed = await installGems(fn, context);
  if (installed === undefined) return noDependencies(rules);
  const layer: Layer = { root: installed, prefix: BUNDLE, rules: GEMS };
  return { ...noDependencies(rules), layers: [layer] };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
