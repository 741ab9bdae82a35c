import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { getAll, type AnswerPart } from '../../client/raw-http.ts';
import { CONTROL, type FunctionDetail, type Status } from '../../contract/control-api.ts';
import { homeFrom, socketPath } from '../../contract/home.ts';
import type { LogRecord } from '../../contract/log-record.ts';
import { parseReference, parseVersionNumber, type FunctionName, type VersionNumber } from '../../contract/names.ts';
import { EXIT } from '../../errors/kinds.ts';
import type { FastFailure } from '../installation.ts';
import { parseTime } from '../render/format.ts';
import { GLOBAL_FLAGS, LOGS_FLAGS, parseArgv, type FlagValues } from './flag-table.ts';
import { renderLogRecord, type LogFormat } from './log-record.ts';
import { wantsPlain, type Env } from './terminal.ts';
import { writeAll } from './write.ts';

const TABLE = { ...GLOBAL_FLAGS, ...LOGS_FLAGS } as const;
const LINE_FEED = 10;
const EMPTY = Buffer.alloc(0);

/** Records shown where neither `--lines` nor `--since` is given. */
export const DEFAULT_LINES = 100;

/** Everything needed to request and print logs. */
export interface LogsPlan {
  readonly socketPath: string;
  readonly name: FunctionName;
  /** Only records of this version; undefined for all. */
  readonly version: VersionNumber | undefined;
  /** Query of the control API's logs. */
  readonly parameters: string;
  readonly look: Look;
  /** Under `--json` there are no notes. */
  readonly json: boolean;
}

interface Look {
  readonly format: LogFormat;
  readonly colored: boolean;
}

/**
 * Plans the common forms of `lam logs`; undefined for a command line that needs the full command. `now`: ms since the
 * epoch.
 */
export function planLogs(argv: readonly string[], env: Env, now: number): LogsPlan | undefined {
  const parsed = parseArgv(TABLE, argv, env);
  if (parsed?.args.length !== 1 || !isPort(parsed.flags.port)) return undefined;
  const { flags } = parsed;
  const target = targetOf(parsed.args[0] ?? '', flags.version);
  const since = flags.since === undefined ? null : parseTime(flags.since, now);
  if (target === undefined || since === undefined) return undefined;
  const format = flags.json === true ? 'json' : (flags.output ?? LOGS_FLAGS.output.byDefault);
  return {
    ...target,
    socketPath: socketPath(flags.home === undefined ? homeFrom(env) : resolve(flags.home)),
    parameters: parametersOf(flags, since, target.version),
    look: { format, colored: format === 'pretty' && !wantsPlain(env) && isatty(1) },
    json: flags.json === true,
  };
}

function targetOf(text: string, version: string | undefined): Pick<LogsPlan, 'name' | 'version'> | undefined {
  const reference = parseReference(text);
  const qualifier = (version ?? reference?.qualifier)?.replace(/^v/, '');
  const number = qualifier === undefined ? undefined : parseVersionNumber(qualifier);
  if (reference === undefined || (qualifier !== undefined && number === undefined)) return undefined;
  return { name: reference.name, version: number };
}

function isPort(text: string | undefined): boolean {
  return text === undefined || (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535);
}

function parametersOf(
  flags: FlagValues<typeof TABLE>,
  since: number | null,
  version: VersionNumber | undefined,
): string {
  const parameters = {
    since: since === null ? undefined : Math.max(0, Math.floor(since)),
    lines: flags.lines ?? (since === null ? DEFAULT_LINES : undefined),
    search: flags.search,
    requestId: flags['request-id'],
    version,
    follow: flags.follow === true ? 1 : undefined,
  };
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
}

/** Note for a version that the function does not have. */
export function absenceNote(name: string, version: VersionNumber): string {
  return `'${name}' has no version ${version} now; records of a deleted version may be left`;
}

/**
 * Prints the records. Sends all requests at once: the daemon's version, the versions of the function, the records.
 * Resolves with the exit code, or with the failure of a broken connection, or with undefined if nothing was printed and
 * the full command must start a daemon or report an error.
 */
export async function showLogs(plan: LogsPlan, lamVersion: string): Promise<number | FastFailure | undefined> {
  const { name, version, parameters } = plan;
  const questions = [CONTROL.status, ...(version === undefined ? [] : [CONTROL.function(name)])];
  const answers = questions.map(() => EMPTY);
  const printer = new RecordPrinter(plan.look);
  let isShown = false;
  const take = ({ index, status, piece, isEnd }: AnswerPart): boolean => {
    if (status !== 200) return false;
    if (index < questions.length) {
      answers[index] = Buffer.concat([answers[index] ?? EMPTY, piece]);
      return !isEnd || index > 0 || (parse(answers[index]) as Status).version === lamVersion;
    }
    if (!isShown && version !== undefined && !plan.json && !hasVersion(parse(answers[1]), version)) {
      writeAll(2, `${absenceNote(name, version)}\n`);
    }
    isShown = true;
    return printer.print(piece);
  };
  const outcome = await getAll(plan.socketPath, [...questions, `${CONTROL.logs(name)}?${parameters}`], take);
  if (!isShown) return undefined;
  return typeof outcome === 'string' ? EXIT.ok : { kind: 'lost', what: outcome.what };
}

function parse(answer: Buffer | undefined): unknown {
  return JSON.parse(String(answer));
}

function hasVersion(detail: unknown, version: VersionNumber): boolean {
  return (detail as FunctionDetail).allVersions.some((one) => one.version === version);
}

/** Prints records from a stream of JSON lines. */
class RecordPrinter {
  readonly #look: Look;
  #rest: Buffer = EMPTY;

  constructor(look: Look) {
    this.#look = look;
  }

  /** Prints the complete lines; returns false when the reader of stdout has closed it. */
  print(piece: Buffer): boolean {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, piece]);
      return true;
    }
    const lines = Buffer.concat([this.#rest, piece.subarray(0, end)]);
    this.#rest = piece.subarray(end);
    return writeAll(1, this.#look.format === 'json' ? lines : this.#rendered(lines));
  }

  #rendered(lines: Buffer): string {
    const { format, colored } = this.#look;
    return lines
      .toString('utf8', 0, lines.length - 1)
      .split('\n')
      .map((line) => renderLogRecord(JSON.parse(line) as LogRecord, format, colored))
      .join('');
  }
}
