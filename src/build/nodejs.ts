import { stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { bundle } from './bundle.ts';
import { bundledSources } from './bundled-sources.ts';
import type { FamilyBuild } from './family-build.ts';
import { nodeDependencies } from './node-dependencies.ts';
import { installedPackages, readPackageJson } from './node-modules.ts';
import { installNodeDependencies } from './npm-install.ts';
import { plainSources } from './plain-sources.ts';

const JAVASCRIPT = ['.js', '.mjs', '.cjs'] as const;
const TYPESCRIPT = ['.ts', '.mts', '.cts', '.tsx'] as const;

/** Syntax that only ES modules allow. */
const ES_MODULE =
  /(?:^|[;}\n])\s*(?:export\s*(?:\{|\*|default\b|const\b|let\b|var\b|async\b|function\b|class\b)|import\s*[\w{*'"])/;

const handlerFile = (handler: string): string => DESCRIPTORS.nodejs.handler.file(handler);

/** TypeScript is bundled; JavaScript is packaged as it is, on top of the packages that package.json declares. */
export const nodejs: FamilyBuild = {
  candidates(handler) {
    const base = handlerFile(handler);
    return [base, ...[...JAVASCRIPT, ...TYPESCRIPT].map((ending) => base + ending)];
  },
  async sources(fn, context) {
    const entry = await bundleEntry(fn);
    if (entry === undefined) return plainSources(fn, (rules) => nodeDependencies(fn, rules, context));
    const modules = await modulesToBundle(fn, context);
    return bundledSources(fn, context, (folder) =>
      bundle(fn, { entry, file: join(folder, `${handlerFile(fn.config.handler)}.mjs`), modules }, context),
    );
  },
  sourceKey: async (fn) => (await bundleEntry(fn)) ?? '',
  inline: (code) => ({
    file: ES_MODULE.test(code) ? 'index.mjs' : 'index.cjs',
    executable: false,
    handler: 'index.handler',
  }),
};

/**
 * Returns the source file to bundle, relative to the function's folder; undefined when lam.yaml disables bundling, the
 * file is missing, or it is JavaScript and lam.yaml does not ask for bundling.
 */
async function bundleEntry(fn: ProjectFunction): Promise<string | undefined> {
  if (fn.build.bundle === false) return undefined;
  const base = handlerFile(fn.config.handler);
  for (const ending of [...JAVASCRIPT, ...TYPESCRIPT]) {
    if (!(await isFile(join(fn.directory, base + ending)))) continue;
    const isTypeScript = (TYPESCRIPT as readonly string[]).includes(ending);
    return isTypeScript || fn.build.bundle === true ? base + ending : undefined;
  }
  return undefined;
}

/**
 * Returns an absolute folder with a further `node_modules` for a bundle, or undefined when the author's and those above
 * it are complete.
 */
async function modulesToBundle(fn: ProjectFunction, context: BuildContext): Promise<string | undefined> {
  const declared = await readPackageJson(fn.directory);
  if (fn.build.dependencies === 'none' || declared === undefined) return undefined;
  const { missing } = await installedPackages(fn.directory, declared, parse(fn.directory).root);
  return missing.length === 0 ? undefined : installNodeDependencies(fn, context);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
