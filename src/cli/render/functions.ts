import type { ChalkInstance } from 'chalk';
import type {
  FunctionDetail,
  FunctionSummary,
  ThrottleCounts,
  TriggerState,
  VersionDetail,
  VersionInfo,
} from '../../contract/index.ts';
import { aliasTargetText } from './alias.ts';
import { formatAge, formatBytes, plural } from './format.ts';
import { renderSettings } from './settings.ts';
import { facts, safe, table } from './table.ts';
import { nonZero } from './triggers.ts';

/** The table of `lam list`. */
export function renderFunctions(
  functions: readonly FunctionSummary[],
  now: number,
  color: ChalkInstance,
  limit?: number,
): string {
  if (functions.length === 0) return 'nothing is deployed yet; begin with: lam init hello';
  return table(
    functions,
    [
      { heading: 'NAME', cell: (f) => color.bold(f.name), least: 12 },
      { heading: 'LIVE', cell: (f) => `v${f.live}` },
      { heading: 'VERSIONS', cell: (f) => String(f.versions), align: 'right', drop: 1 },
      { heading: 'RUNTIME', cell: (f) => safe(f.runtime), drop: 4 },
      { heading: 'WARM', cell: (f) => String(f.sandboxes.idle + f.sandboxes.busy), align: 'right', drop: 3 },
      { heading: 'UPDATED', cell: (f) => formatAge(f.updatedAt, now), drop: 2 },
      { heading: 'URL', cell: (f) => safe(f.endpoints[0] ?? ''), drop: 5 },
    ],
    limit,
  );
}

/** The page of `lam describe`. Values of environment variables are left out: they may be secrets. */
// oxlint-disable-next-line max-params -- what is shown, and how
export function renderFunction(
  f: FunctionDetail,
  now: number,
  color: ChalkInstance,
  limit?: number,
  events = '',
): string {
  const live = f.allVersions.find((v) => v.live);
  const pairs: [string, string][] = [
    ['name', color.bold(f.name)],
    ...f.endpoints.map((url, n): [string, string] => [n === 0 ? 'url' : '', safe(url)]),
    [
      'live',
      `v${f.live}${live === undefined ? '' : `, ${formatBytes(live.size)}, published ${publishedText(live, now)}`}`,
    ],
    ['message', safe(live?.message ?? '')],
    ['versions', String(f.versions)],
    [
      'aliases',
      Object.entries(f.aliases)
        .map(([alias, version]) => `${safe(alias)} -> ${aliasTargetText(version, f.aliasRouting[alias])}`)
        .join('; '),
    ],
    ...f.triggerStates.map((trigger, n): [string, string] => [n === 0 ? 'triggers' : '', renderTrigger(trigger)]),
    ['sandboxes', `${f.sandboxes.starting} starting, ${f.sandboxes.idle} idle, ${f.sandboxes.busy} busy`],
    ['events', events],
    ['throttled', throttledText(f.throttled)],
    ['arn', f.arn],
  ];
  return `${facts(
    pairs.filter(([, value]) => value !== ''),
    limit,
  )}\n\n${renderSettings(f, limit)}`;
}

/** Requests that limits refused; empty for none. */
function throttledText({ rate, concurrency }: ThrottleCounts): string {
  const parts = [
    rate > 0 ? `${rate} by rateLimit` : '',
    concurrency > 0 ? `${concurrency} by reservedConcurrency` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** When and by whom a version was published. */
function publishedText({ createdAt, by }: VersionInfo, now: number): string {
  return `${formatAge(createdAt, now)}${by === '' ? '' : ` by ${safe(by)}`}`;
}

/** Files that the page of a version lists. */
const MOST_FILES = 40;

/** The page of `lam describe FUNCTION@VERSION`. Values of environment variables are left out: they may be secrets. */
export function renderVersion(v: VersionDetail, now: number, color: ChalkInstance, limit?: number): string {
  const pairs: [string, string][] = [
    ['name', color.bold(v.name)],
    ['version', `v${v.version}${v.live ? ', live' : ''}`],
    ['aliases', v.aliases.map(safe).join(', ')],
    ['published', publishedText(v, now)],
    ['message', safe(v.message)],
    ['check', v.check === undefined ? '' : `${v.check.result}: ${safe(v.check.reason)}`],
    ['artifact', v.artifact],
    ['size', `${formatBytes(v.size)}, ${plural(v.files.length, 'file')}`],
  ];
  const files = table(
    v.files.slice(0, MOST_FILES),
    [
      { heading: 'FILE', cell: (file) => safe(file.path), least: 20 },
      {
        heading: 'SIZE',
        cell: (file) => (file.kind === 'file' ? formatBytes(file.size) : `link to ${safe(file.target)}`),
      },
    ],
    limit,
  );
  const more = v.files.length - MOST_FILES;
  const left =
    more > 0 ? `and ${plural(more, 'more file')}; all of them: lam describe ${v.name}@${v.version} --json` : '';
  const page = [
    facts(
      pairs.filter(([, value]) => value !== ''),
      limit,
    ),
    renderSettings(v, limit),
    files,
  ];
  return [...page, left].filter((part) => part !== '').join('\n\n');
}

function renderTrigger({ type, name, state, cause, lag = 0, counts }: TriggerState): string {
  const { succeeded = 0, failed = 0, retried = 0, dead = 0 } = counts ?? {};
  const numbers = nonZero({ succeeded, failed, retried, dead, lag }).map((part) => `, ${part}`);
  return `${safe(type)} '${safe(name)}' ${state}${cause === undefined ? '' : ` (${safe(cause)})`}${numbers.join('')}`;
}
