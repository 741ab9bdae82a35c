import { AWS_SERVICES, DEFAULT_PLACE, type AwsSettings, type Status } from '../../contract/index.ts';
import type { DaemonSettings } from '../fast/daemon-settings.ts';

/** A setting that was asked for, and that a running daemon does not have. */
interface Ignored {
  /** What the daemon has, in words. */
  readonly has: string;
  /** The flag of `lam restart` that changes it. */
  readonly flag: string;
}

/** What the daemon is asked for. `host` only if it was named, because the default is no request. */
export type AskedSettings = Omit<DaemonSettings, 'host'> & { readonly host: string | undefined };

/** The settings that a running daemon has otherwise than asked for. Pure. */
function ignoredSettings(asked: AskedSettings, running: Status): readonly Ignored[] {
  const {
    port,
    portExplicit,
    driver,
    host,
    memoryMiB,
    allowedHosts = [],
    accessLog,
    glambdar,
    miniLambda,
    aws,
  } = asked;
  const { allowedHosts: known = [], memory } = running;
  const missing = known.includes('*') ? [] : allowedHosts.filter((name) => !known.includes(name));
  const budget = memory.budgetMiB;
  const each: readonly (Ignored & { readonly differs: boolean })[] = [
    { differs: portExplicit && port !== running.port, has: `port ${running.port}`, flag: `--port ${port}` },
    {
      differs: driver !== 'auto' && driver !== running.driver,
      has: `driver ${running.driver}`,
      flag: `--driver ${driver}`,
    },
    { differs: host !== undefined && host !== running.host, has: `host ${running.host}`, flag: `--host ${host}` },
    {
      differs: missing.length > 0,
      has: known.length === 0 ? 'no allowed hosts' : `allowed hosts ${known.join(',')}`,
      flag: `--allow-host ${missing.map((name) => (name === '*' ? "'*'" : name)).join(',')}`,
    },
    {
      differs: memoryMiB !== undefined && memoryMiB !== budget,
      has: `memory ${budget} MiB`,
      flag: `--memory ${memoryMiB}`,
    },
    {
      differs: accessLog !== undefined && accessLog !== running.accessLog,
      has: running.accessLog === undefined ? 'no access log' : `access log ${running.accessLog}`,
      flag: `--access-log ${accessLog}`,
    },
    {
      differs: glambdar !== undefined && glambdar !== running.glambdar,
      has: `Glambdar's API ${portWords(running.glambdar)}`,
      flag: `--glambdar ${glambdar}`,
    },
    ...awsDifferences(aws, running.aws),
    {
      differs: miniLambda !== undefined && miniLambda !== (running.miniLambda ?? 'off'),
      has: `Mini-Lambda's API ${portWords(running.miniLambda ?? 'off')}`,
      flag: `--mini-lambda ${miniLambda}`,
    },
  ];
  return each.filter(({ differs }) => differs);
}

/** Differences of what was asked about AWS from what a daemon has. */
function awsDifferences(
  asked: AwsSettings = {},
  has: AwsSettings = {},
): readonly (Ignored & { readonly differs: boolean })[] {
  const place = (['account', 'region'] as const).map((name) => ({
    differs: asked[name] !== undefined && asked[name] !== (has[name] ?? DEFAULT_PLACE[name]),
    has: `AWS ${name} ${has[name] ?? DEFAULT_PLACE[name]}`,
    flag: `--aws-${name} ${asked[name]}`,
  }));
  const services = AWS_SERVICES.map((service) => ({
    differs: asked.endpoints?.[service] !== undefined && asked.endpoints[service] !== has.endpoints?.[service],
    has:
      has.endpoints?.[service] === undefined ? `no endpoint of ${service}` : `${service} at ${has.endpoints[service]}`,
    flag: `--aws-endpoint ${service}=${asked.endpoints?.[service]}`,
  }));
  return [...place, ...services];
}

function portWords(port: 'off' | number | undefined): string {
  if (port === undefined) return 'without a port of its own';
  return port === 'off' ? 'off' : `on port ${port}`;
}

/** Says which settings a running daemon keeps, and the command that changes them; empty where it has all. Pure. */
export function renderIgnored(asked: AskedSettings, running: Status): string {
  const ignored = ignoredSettings(asked, running);
  if (ignored.length === 0) return '';
  const has = ignored.map((each) => each.has).join(', ');
  return `it keeps ${has}; for what was asked: lam restart ${ignored.map(({ flag }) => flag).join(' ')}`;
}
