import type { ChalkInstance } from 'chalk';
import type { FunctionDetail, FunctionSummary, TriggerState } from '../../contract/index.ts';
import { formatAge, formatBytes } from './format.ts';
import { facts, safe, table } from './table.ts';

/** The table of `lam list`. */
export function renderFunctions(functions: readonly FunctionSummary[], now: number, color: ChalkInstance): string {
  if (functions.length === 0) return 'nothing is deployed yet; begin with: lam init hello';
  return table(functions, [
    { heading: 'NAME', cell: (f) => color.bold(f.name) },
    { heading: 'LIVE', cell: (f) => `v${f.live}` },
    { heading: 'VERSIONS', cell: (f) => String(f.versions), align: 'right' },
    { heading: 'RUNTIME', cell: (f) => safe(f.runtime) },
    { heading: 'WARM', cell: (f) => String(f.sandboxes.idle + f.sandboxes.busy), align: 'right' },
    { heading: 'UPDATED', cell: (f) => formatAge(f.updatedAt, now) },
    { heading: 'URL', cell: (f) => safe(f.url) },
  ]);
}

/** The page of `lam describe`. Values of environment variables are left out: they may be secrets. */
export function renderFunction(f: FunctionDetail, now: number, color: ChalkInstance): string {
  const c = f.config;
  const live = f.allVersions.find((v) => v.live);
  const pairs: [string, string][] = [
    ['name', color.bold(f.name)],
    ['url', safe(f.url)],
    [
      'live',
      `v${f.live} of ${f.versions}${live === undefined ? '' : `, ${formatBytes(live.size)}, deployed ${formatAge(live.createdAt, now)} by ${safe(live.by)}`}`,
    ],
    [
      'aliases',
      Object.entries(f.aliases)
        .map(([alias, version]) => `${safe(alias)} -> v${version}`)
        .join(', '),
    ],
    ['runtime', safe(c.runtime)],
    ['handler', safe(c.handler)],
    ['description', safe(c.description)],
    ['routes', f.routes.map(safe).join(', ')],
    ['triggers', f.triggerStates.map(renderTrigger).join('; ')],
    ['memory', `${c.memoryMiB} MiB`],
    ['cpus', String(c.cpus)],
    ['timeout', `${c.timeoutMs / 1000} s`],
    ['concurrency', `${c.maxConcurrency} at once, ${c.concurrency} a sandbox, ${c.maxQueue} waiting`],
    ['kept warm', c.minWarm === 0 ? '' : `${c.minWarm}`],
    ['idle', c.idleTimeoutMs === null ? 'adaptive' : `${c.idleTimeoutMs / 1000} s`],
    ['network', c.network],
    ['image', c.image ?? ''],
    ['environment', Object.keys(c.environment).map(safe).join(', ')],
    ['overrides', Object.keys(f.overrides).join(', ')],
    ['sandboxes', `${f.sandboxes.starting} starting, ${f.sandboxes.idle} idle, ${f.sandboxes.busy} busy`],
    ['arn', f.arn],
  ];
  return facts(pairs.filter(([, value]) => value !== ''));
}

function renderTrigger({ type, name, state, cause }: TriggerState): string {
  return `${safe(type)} '${safe(name)}' ${state}${cause === undefined ? '' : ` (${safe(cause)})`}`;
}
