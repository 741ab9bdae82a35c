import { lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { PackageRules } from './package-rules.ts';

/** The dependencies in a package.json. */
export interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Installed packages reachable from production code. Paths are relative to the function's folder. */
export interface InstalledPackages {
  readonly folders: ReadonlySet<string>;
  /** Symbolic links to packages, as pnpm creates them. */
  readonly links: ReadonlySet<string>;
  /** Declared as required by the function itself, and not installed. */
  readonly missing: readonly string[];
}

/** Reads a package.json; undefined if it is missing or not JSON, which npm or the runtime reports. */
export async function readPackageJson(folder: string): Promise<PackageJson | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Follows dependencies through `node_modules` by Node's resolution, from `root` up to `highest`. */
export async function installedPackages(
  root: string,
  declared: PackageJson,
  highest: string,
): Promise<InstalledPackages> {
  const folders = new Set<string>();
  const links = new Set<string>();
  const missing: string[] = [];
  const waiting: { readonly folder: string; readonly json: PackageJson }[] = [{ folder: root, json: declared }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of dependencyNames(next.json)) {
      const found = await findPackage(highest, next.folder, name);
      if (found === undefined) {
        if (
          next.folder === root &&
          declared.dependencies?.[name] !== undefined &&
          declared.optionalDependencies?.[name] === undefined
        )
          missing.push(name);
        continue;
      }
      if (found.isLink) links.add(relative(root, found.path));
      const folder = found.isLink ? await realpath(found.path).catch(() => found.path) : found.path;
      const inside = relative(root, folder);
      if (inside.startsWith('..') || folders.has(inside)) continue;
      folders.add(inside);
      waiting.push({ folder, json: (await readPackageJson(folder)) ?? {} });
    }
  }
  return { folders, links, missing };
}

function dependencyNames(json: PackageJson): readonly string[] {
  return Object.keys({ ...json.dependencies, ...json.optionalDependencies, ...json.peerDependencies });
}

async function findPackage(
  highest: string,
  from: string,
  name: string,
): Promise<{ path: string; isLink: boolean } | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (basename(folder) !== 'node_modules') {
      const path = join(folder, 'node_modules', name);
      const stats = await lstat(path).catch(() => undefined);
      if (stats !== undefined) return { path, isLink: stats.isSymbolicLink() };
    }
    if (folder === highest || folder === dirname(folder)) return undefined;
  }
}

/** Restricts `rules` to the given packages within `node_modules`. */
export function onlyPackages(rules: PackageRules, packages: InstalledPackages): PackageRules {
  const above = new Set<string>();
  for (const path of [...packages.folders, ...packages.links]) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) above.add(folder);
  }
  return {
    enters: (folder) =>
      rules.enters(folder) && (!isModulePath(folder) || above.has(folder) || packages.folders.has(packageOf(folder))),
    takes: (path) =>
      rules.takes(path) && (!isModulePath(path) || packages.links.has(path) || packages.folders.has(packageOf(path))),
  };
}

/** Restricts `rules` to what is outside the top-level `node_modules`. */
export function withoutModules(rules: PackageRules): PackageRules {
  return {
    enters: (folder) => !isModulePath(folder) && rules.enters(folder),
    takes: (path) => !isModulePath(path) && rules.takes(path),
  };
}

function isModulePath(path: string): boolean {
  return path === 'node_modules' || path.startsWith('node_modules/');
}

/** The package of a path: `node_modules/a/node_modules/@s/b` for `node_modules/a/node_modules/@s/b/lib/x.js`. */
function packageOf(path: string): string {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
}
