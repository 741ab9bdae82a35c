import { DEFAULT_PLACE, type AwsSettings, type Reclaimed, type Status } from '../../contract/index.ts';
import { formatAge, plural } from './format.ts';
import { facts, wrapped } from './table.ts';

/** Text of `lam status`. */
// oxlint-disable-next-line max-params -- what is shown, and how
export function renderStatus(
  s: Status,
  now: number,
  limit?: number,
  { events = '', triggers = '' }: { readonly events?: string; readonly triggers?: string } = {},
): string {
  return facts(
    [
      ['url', s.url],
      ...(s.glambdar === undefined ? [] : [['glambdar', s.glambdar === 'off' ? 'off' : urlAt(s, s.glambdar)] as const]),
      ...awsFacts(s.aws),
      ...(s.miniLambda === undefined ? [] : [['mini-lambda', urlAt(s, s.miniLambda)] as const]),
      ['driver', `${s.driver} (${s.driverReason})`],
      ['pid', String(s.pid)],
      ['home', s.home],
      ['version', s.version],
      ['started', formatAge(s.startedAt, now)],
      ['functions', String(s.functions)],
      [
        'sandboxes',
        `${s.sandboxes.starting} starting, ${s.sandboxes.idle} idle, ${s.sandboxes.busy} busy, ${s.sandboxes.stems} booted ahead`,
      ],
      ['memory', `limits of all sandboxes ${s.memory.usedMiB} MiB of ${s.memory.budgetMiB} MiB`],
      ...(triggers === '' ? [] : [['triggers', triggers] as const]),
      ...(events === '' ? [] : [['events', events] as const]),
    ],
    limit,
  );
}

function awsFacts(aws: AwsSettings | undefined): readonly (readonly [string, string])[] {
  if (aws === undefined) return [];
  const { account, region, endpoints = {} } = { ...DEFAULT_PLACE, ...aws };
  const services = Object.entries(endpoints).map(([service, url]) => `, ${service} at ${url}`);
  return [['aws', `account ${account}, region ${region}${services.join('')}`]];
}

/** The URL of another port of the daemon. */
function urlAt({ url }: Status, port: number): string {
  return url.replace(/:[0-9]+$/, `:${port}`);
}

/** What to do about a daemon that was started from another build than `build`; empty where there is nothing. */
export function renderOtherBuild(s: Pick<Status, 'build'>, build: string | undefined): string {
  if (s.build === undefined || build === undefined || s.build === build) return '';
  return 'lam was built anew since the daemon started, which may fail without its own files: lam restart';
}

/** Text of `lam start`: URL, driver with its reason, and what was reclaimed. */
export function renderStarted(s: Status): string {
  const lines = [`lam ${s.version} is running: ${s.url}`, `driver: ${s.driver} (${s.driverReason})`];
  if (s.miniLambda !== undefined) lines.splice(1, 0, `mini-lambda: ${urlAt(s, s.miniLambda)}`);
  const reclaimed = renderReclaimed(s.reclaimed);
  if (reclaimed !== '') lines.push(reclaimed);
  return lines.join('\n');
}

/** One line about what a killed daemon had left behind; empty for nothing. */
export function renderReclaimed(r: Reclaimed): string {
  const parts = [
    [r.containers, 'container'],
    [r.processes, 'process'],
    [r.files, 'file'],
  ] as const;
  const found = parts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => (noun === 'process' && count !== 1 ? `${count} processes` : plural(count, noun)));
  return found.length === 0 ? '' : `reclaimed from a daemon that was killed: ${found.join(', ')}`;
}

/** The gaps of a driver, one per line; empty for none. */
export function renderGaps(s: Pick<Status, 'driver' | 'gaps'>, limit = Infinity): string {
  return s.gaps.length === 0
    ? ''
    : [
        `the ${s.driver} driver does not isolate everything here:`,
        ...s.gaps.map((gap) => wrapped(`  - ${gap}`, limit, 4)),
      ].join('\n');
}
