import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { CONTROL, type FunctionDetail, type Status } from '../../contract/control-api.ts';
import { homeFrom, isOwnSocket, socketPath } from '../../contract/home.ts';
import { parseReference, parseVersionNumber, type FunctionName, type VersionNumber } from '../../contract/names.ts';
import { EXIT } from '../../errors/kinds.ts';
import type { FastFailure } from '../installation.ts';
import { parseTime } from '../render/format.ts';
import { GLOBAL_FLAGS, LOGS_FLAGS, parseArgv, type FlagValues } from './flag-table.ts';
import { RecordPrinter, type Look } from './log-printer.ts';
import { streamLogs, type LogParameters, type LogSource } from './log-stream.ts';
import { wantsPlain, type Env } from './terminal.ts';
import { writeAll } from './write.ts';

const TABLE = { ...GLOBAL_FLAGS, ...LOGS_FLAGS } as const;

/** Records shown where neither `--lines` nor `--since` is given. */
const DEFAULT_LINES = 100;

/** Everything needed to request and print logs. */
export interface LogsPlan extends LogSource {
  readonly look: Look;
}

/** The daemon's socket, undefined where another user could answer at it. */
function ownSocket(given: string | undefined, env: Env): string | undefined {
  const home = given === undefined ? homeFrom(env) : resolve(given);
  return isOwnSocket(home) ? socketPath(home) : undefined;
}

/**
 * Plans the common forms of `lam logs`; undefined for a command line that needs the full command. `now`: ms since the
 * epoch.
 */
export function planLogs(argv: readonly string[], env: Env, now: number): LogsPlan | undefined {
  const parsed = parseArgv(TABLE, argv, env);
  if (parsed?.args.length !== 1 || parsed.flags.all === true || !isPort(parsed.flags.port)) return undefined;
  const { flags } = parsed;
  const socket = ownSocket(flags.home, env);
  const target = targetOf(parsed.args[0] ?? '', flags.version);
  const since = flags.since === undefined ? null : parseTime(flags.since, now);
  if (socket === undefined || target === undefined || since === undefined) return undefined;
  const format = flags.json === true ? 'json' : (flags.output ?? LOGS_FLAGS.output.byDefault);
  return {
    name: target.name,
    socketPath: socket,
    parameters: logParameters(flags, since ?? undefined, target.version),
    look: {
      format,
      colored: format === 'pretty' && !wantsPlain(env) && isatty(1),
      names: [target.name],
      quiet: flags.json === true,
      requestId: flags['request-id'],
    },
  };
}

interface Target {
  readonly name: FunctionName;
  readonly version: VersionNumber | undefined;
}

function targetOf(text: string, version: string | undefined): Target | undefined {
  const reference = parseReference(text);
  const qualifier = (version ?? reference?.qualifier)?.replace(/^v/, '');
  const number = qualifier === undefined ? undefined : parseVersionNumber(qualifier);
  if (reference === undefined || (qualifier !== undefined && number === undefined)) return undefined;
  return { name: reference.name, version: number };
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535);
}

/** What the flags ask for. `since`: ms since the epoch. */
export function logParameters(
  flags: { readonly [K in keyof FlagValues<typeof LOGS_FLAGS>]?: FlagValues<typeof LOGS_FLAGS>[K] | undefined },
  since: number | undefined,
  version: VersionNumber | undefined,
): LogParameters {
  return {
    since: since === undefined ? undefined : Math.max(0, Math.floor(since)),
    lines: flags.lines ?? (since === undefined ? DEFAULT_LINES : undefined),
    search: flags.search,
    requestId: flags['request-id'],
    version,
    withoutPlatform: flags['no-platform'] === true,
    follow: flags.follow === true,
  };
}

/** Note for a version that the function does not have. */
export function absenceNote(name: string, version: VersionNumber): string {
  return `'${name}' has no version ${version} now; records of a deleted version may be left`;
}

/**
 * Prints the records. Sends all requests at once: the daemon's version, the versions of the function, the records.
 * Resolves with the exit code, or with the failure of a broken connection, or with undefined if no daemon sends records
 * and the full command must start one or report an error.
 */
export async function showLogs(plan: LogsPlan, lamVersion: string): Promise<number | FastFailure | undefined> {
  const { name, look } = plan;
  const { version } = plan.parameters;
  const printer = new RecordPrinter(look);
  const end = await streamLogs(plan, printer.sink(name), {
    paths: [CONTROL.status, ...(version === undefined ? [] : [CONTROL.function(name)])],
    accept([status, detail]) {
      if ((JSON.parse(String(status)) as Status).version !== lamVersion) return false;
      if (version !== undefined && !look.quiet && !hasVersion(JSON.parse(String(detail)), version))
        writeAll(2, `${absenceNote(name, version)}\n`);
      return true;
    },
  });
  if (end === 'refused') return undefined;
  if (typeof end === 'string') printer.end();
  return typeof end === 'string' ? EXIT.ok : { kind: 'lost', what: end.what };
}

function hasVersion(detail: unknown, version: VersionNumber): boolean {
  return (detail as FunctionDetail).allVersions.some((one) => one.version === version);
}
