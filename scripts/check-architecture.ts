import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IModule } from 'dependency-cruiser';
import config, { HEAVY, LIGHT, OPEN_FILES, ROOMS, STARTS_PROCESSES } from './architecture-rules.ts';
import { unusedRights, type Rights } from './unused-rights.ts';

/** Result of the check. `faults`: lines to print, empty if the tree follows the rules. */
export interface ArchitectureReport {
  /** Number of TypeScript files of src that were checked. */
  readonly modules: number;
  readonly faults: readonly string[];
}

const RIGHTS: Rights = { rooms: ROOMS, openFiles: OPEN_FILES, startsProcesses: STARTS_PROCESSES };

/**
 * Checks the imports of `base`/src against the table of docs/ARCHITECTURE.md, and reports rights that no import uses.
 * Reports files that were not checked, too: with a TypeScript that it cannot use, dependency-cruiser silently sees none.
 */
export async function checkArchitecture(base: string, rights: Rights = RIGHTS): Promise<ArchitectureReport> {
  const options: ICruiseOptions = {
    ...config.options,
    baseDir: base,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  };
  const { output } = await cruise(['src'], options);
  if (typeof output === 'string') return { modules: 0, faults: [`dependency-cruiser gave text: ${output}`] };
  const seen = new Set(output.modules.map((m) => m.source).filter((s) => s.startsWith('src/')));
  const missed = sourceFiles(base).filter((f) => !seen.has(f));
  const faults = [
    ...missed.map((f) => `${f}: was not looked at (does dependency-cruiser find typescript@6?)`),
    ...violations(output),
    ...heavyOnLightPaths(output.modules),
    ...unusedRights(rights, output.modules),
  ];
  return { modules: seen.size, faults };
}

/** TypeScript files under `base`/src, as paths from `base`, `/`-separated. */
function sourceFiles(base: string): string[] {
  return readdirSync(join(base, 'src'), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => relative(base, join(e.parentPath, e.name)).replaceAll('\\', '/'));
}

function violations(result: ICruiseResult): string[] {
  const comments = new Map(config.forbidden.map((rule) => [rule.name, rule.comment]));
  return result.summary.violations.map(
    (v) => `${v.from} -> ${v.to} [${v.rule.name}] ${comments.get(v.rule.name) ?? ''}`,
  );
}

/** Heavy packages that a light file loads through static imports, with the chain of imports. */
function heavyOnLightPaths(modules: readonly IModule[]): string[] {
  const bySource = new Map(modules.map((m) => [m.source, m]));
  const heavy = new RegExp(`(^|/)node_modules/(${HEAVY.join('|')})/`);
  const faults: string[] = [];
  for (const start of modules.map((m) => m.source).filter((s) => new RegExp(LIGHT).test(s))) {
    const ways = new Map<string, readonly string[]>([[start, [start]]]);
    for (const [source, way] of ways) {
      if (heavy.test(source))
        faults.push(`${way.join(' -> ')} [light-fast-path] load it with a dynamic import, or do without`);
      for (const next of staticImports(bySource.get(source))) if (!ways.has(next)) ways.set(next, [...way, next]);
    }
  }
  return faults;
}

function staticImports(module: IModule | undefined): string[] {
  return (module?.dependencies ?? [])
    .filter((d) => !d.dynamic && !d.dependencyTypes.includes('type-only'))
    .map((d) => d.resolved);
}

if (import.meta.main) {
  const report = await checkArchitecture(resolve(import.meta.dirname, '..'));
  for (const fault of report.faults) console.error(fault);
  console.log(`${report.modules} modules, ${report.faults.length} faults`);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
}
