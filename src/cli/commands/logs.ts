import { Args } from '@oclif/core';
import type { LamClient } from '../../client/index.ts';
import { EXIT, isLamError, lamError } from '../../errors/index.ts';
import type { LogQuery, FunctionName, VersionNumber } from '../../contract/index.ts';
import { GLOBAL_FLAGS, LOGS_FLAGS } from '../fast/flag-table.ts';
import { absenceNote, DEFAULT_LINES } from '../fast/logs.ts';
import { renderLogRecord, type LogFormat } from '../fast/log-record.ts';
import { LamCommand } from '../lam-command.ts';
import { oclifFlags } from '../oclif-flags.ts';
import type { Output } from '../output.ts';
import { parseTime } from '../render/format.ts';
import { targetFunction, versionOf } from '../services/target.ts';

export default class Logs extends LamCommand {
  static override summary = 'Show the log of a function.';
  static override description =
    'One stream for all its sandboxes and versions, oldest first; it survives restarts. With --follow new records appear as they are printed, until Ctrl-C.';
  static override aliases = ['tail'];
  static override args = {
    function: Args.string({
      description: 'FUNCTION, or FUNCTION@VERSION for one version; default: the project in the current folder.',
    }),
  };
  static override flags = {
    ...oclifFlags({
      json: {
        ...GLOBAL_FLAGS.json,
        summary: 'Print each record as a JSON object, one per line; an error as {"ok":false,"error":...}.',
      },
    }),
    ...oclifFlags(LOGS_FLAGS),
  };
  static override examples = [
    { description: 'Follow a function', command: '<%= config.bin %> logs hello --follow' },
    { description: 'Errors of the last hour', command: '<%= config.bin %> logs hello --since 1h --search error' },
    { description: 'As JSON, one record per line', command: '<%= config.bin %> logs hello --output json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Logs);
    const { out, cwd, client } = this.context(flags);
    const reference = await targetFunction(args.function, cwd, 'logs');
    const since = flags.since === undefined ? undefined : sinceOf(flags.since);
    const lines = flags.lines ?? (since === undefined ? DEFAULT_LINES : undefined);
    const version = optionalVersion(flags.version ?? reference.qualifier);
    const query: LogQuery & { follow?: boolean } = {
      ...(since === undefined ? {} : { since }),
      ...(lines === undefined ? {} : { lines }),
      ...(flags.search === undefined ? {} : { search: flags.search }),
      ...(flags['request-id'] === undefined ? {} : { requestId: flags['request-id'] }),
      ...(version === undefined ? {} : { version }),
      ...(flags.follow === true ? { follow: true } : {}),
    };
    const format: LogFormat = flags.json ? 'json' : flags.output;
    const stop = new AbortController();
    const interrupt = (): void => stop.abort();
    process.once('SIGINT', interrupt);
    try {
      const daemon = await client();
      await noteAbsence(daemon, reference.name, version, out);
      for await (const record of daemon.logs(reference.name, query, stop.signal)) {
        out.raw(renderLogRecord(record, format, out.color.level > 0));
        if (out.closed) break;
      }
    } finally {
      process.off('SIGINT', interrupt);
    }
    return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
  }
}

/** Notes on stderr that the requested version does not exist, if the function does. */
async function noteAbsence(
  daemon: LamClient,
  name: FunctionName,
  version: VersionNumber | undefined,
  out: Output,
): Promise<void> {
  if (version === undefined) return;
  const detail = await daemon.describe(name).catch((error: unknown) => {
    // Logs outlive their function, so a missing function is not an error here.
    if (isLamError(error) && error.code === 'LAM_REGISTRY_FUNCTION_NOT_FOUND') return undefined;
    throw error;
  });
  if (detail === undefined || detail.allVersions.some((v) => v.version === version)) return;
  out.note(absenceNote(name, version));
}

function optionalVersion(text: string | undefined): VersionNumber | undefined {
  return text === undefined ? undefined : versionOf(text);
}

function sinceOf(text: string): number {
  const at = parseTime(text, Date.now());
  if (at === undefined) throw lamError('LAM_CLI_BAD_TIME', { text });
  return Math.max(0, Math.floor(at));
}
