import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { ProjectFunction } from '../project/index.ts';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { BuildContext } from './artifact.ts';
import { bundle } from './bundle.ts';
import type { Layer } from './collect.ts';
import type { FamilyBuild, Sources } from './family-build.ts';
import { installedPackages, onlyPackages, readPackageJson, withoutModules } from './node-modules.ts';
import { installNodeDependencies } from './npm-install.ts';
import { EVERYTHING, INSTALLED, packageRules, type PackageRules } from './package-rules.ts';
import { noDependencies, plainSources, type Dependencies } from './plain-sources.ts';

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
    return entry === undefined
      ? plainSources(fn, (rules) => dependencies(fn, rules, context))
      : bundledSources(fn, entry, context);
  },
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

async function bundledSources(fn: ProjectFunction, entry: string, context: BuildContext): Promise<Sources> {
  const modules = await modulesToBundle(fn, context);
  const rules = await packageRules(fn.directory, { include: fn.build.include, onlyIncluded: true });
  await mkdir(context.workspace, { recursive: true });
  const output = await mkdtemp(join(await realpath(context.workspace), 'bundle-'));
  const dispose = (): Promise<void> => rm(output, { recursive: true, force: true });
  try {
    await bundle(fn, { entry, file: join(output, `${handlerFile(fn.config.handler)}.mjs`), modules }, context);
  } catch (error) {
    await dispose();
    throw error;
  }
  const layers: readonly Layer[] = [
    { root: output, prefix: '', rules: EVERYTHING },
    { root: fn.directory, prefix: '', rules },
  ];
  return { layers, dispose };
}

async function dependencies(fn: ProjectFunction, rules: PackageRules, context: BuildContext): Promise<Dependencies> {
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
