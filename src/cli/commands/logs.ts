import { Args } from '@oclif/core';
import type { LamClient } from '../../client/index.ts';
import { EXIT, isLamError, lamError } from '../../errors/index.ts';
import { socketPath, type FunctionName, type FunctionReference, type VersionNumber } from '../../contract/index.ts';
import type { CommandContext } from '../command-context.ts';
import { GLOBAL_FLAGS, LOGS_FLAGS } from '../fast/flag-table.ts';
import { absenceNote, logParameters } from '../fast/logs.ts';
import type { LogSource } from '../fast/log-stream.ts';
import { LamCommand } from '../lam-command.ts';
import { oclifFlags, usageWith } from '../oclif-flags.ts';
import type { Output } from '../output.ts';
import { parseTime } from '../render/format.ts';
import { showMergedLogs } from '../services/merged-logs.ts';
import { projectFunctions } from '../services/project-functions.ts';
import { targetFunction, versionOf } from '../services/target.ts';

export default class Logs extends LamCommand {
  static override summary = 'Show the logs of functions.';
  static override description =
    'One stream for all sandboxes and versions of the functions, oldest first; it survives restarts. With --follow new records appear as they are printed, until Ctrl-C, also those of a daemon that is started later.';
  static override aliases = ['tail'];
  static override strict = false;
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
  static override usage = usageWith('logs [FUNCTION...]', Logs.flags);
  static override examples = [
    { description: 'Follow a function', command: '<%= config.bin %> logs hello --follow' },
    { description: 'Follow all functions of the project', command: '<%= config.bin %> logs --all --follow' },
    { description: 'Errors of the last hour', command: '<%= config.bin %> logs hello --since 1h --search error' },
    { description: 'As JSON, one record per line', command: '<%= config.bin %> logs hello --output json' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(Logs);
    const context = this.context(flags);
    const { out } = context;
    if (flags.all === true && argv.length > 0)
      throw lamError('LAM_CLI_USAGE', { what: 'give names of functions or --all, not both', command: 'logs' });
    const since = flags.since === undefined ? undefined : sinceOf(flags.since);
    const named = flags.all === true ? undefined : await targets(argv as string[], context.cwd);
    const version = flags.version === undefined ? undefined : versionOf(flags.version);
    const wanted = named?.map(({ name, qualifier }) => ({
      name,
      version: version ?? (qualifier === undefined ? undefined : versionOf(qualifier)),
    }));
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    const daemon = await context.client();
    const functions = wanted ?? (await allFunctions(daemon, context)).map((name) => ({ name, version }));
    for (const fn of functions) await noteAbsence(daemon, fn.name, fn.version, out);
    const sources = functions.map((fn) => ({
      socketPath: socketPath(context.home),
      name: fn.name,
      parameters: logParameters(flags, since, fn.version),
    }));
    const look = {
      format: flags.json ? ('json' as const) : flags.output,
      colored: out.color.level > 0,
      names: [...new Set(functions.map(({ name }) => name))],
      quiet: out.json,
      requestId: flags['request-id'],
    };
    const { source, end } = await showMergedLogs(sources, look, sources[0]?.parameters.lines);
    if (end === 'refused') await throwRefusal(daemon, source);
    if (typeof end === 'object') throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: end.what });
    return EXIT.ok;
  }
}

async function targets(words: readonly string[], cwd: string): Promise<readonly FunctionReference[]> {
  const given = words.length === 0 ? [undefined] : [...new Set(words)];
  const references: FunctionReference[] = [];
  for (const word of given) references.push(await targetFunction(word, cwd, 'logs'));
  return references;
}

/** The deployed functions of the project in the current folder; outside a project all that are deployed. */
async function allFunctions(daemon: LamClient, { cwd, out }: CommandContext): Promise<readonly FunctionName[]> {
  const deployed = (await daemon.functions.list()).map(({ name }) => name);
  const ofProject = await projectFunctions(cwd);
  const missing = ofProject.filter((name) => !deployed.includes(name));
  if (missing.length > 0) out.note(`not deployed: ${missing.join(', ')}`);
  const names = ofProject.length === 0 ? deployed : ofProject.filter((name) => deployed.includes(name));
  if (names.length === 0) throw lamError('LAM_CLI_NOTHING_DEPLOYED', {});
  return names;
}

/** Throws the daemon's error for a question that it refused. */
async function throwRefusal(daemon: LamClient, { name, parameters }: LogSource): Promise<void> {
  const { since, lines } = parameters;
  const query = { ...(since === undefined ? {} : { since }), ...(lines === undefined ? {} : { lines }) };
  for await (const _ of daemon.logs.read(name, query)) return;
}

/** Notes on stderr that the requested version does not exist, if the function does. */
async function noteAbsence(
  daemon: LamClient,
  name: FunctionName,
  version: VersionNumber | undefined,
  out: Output,
): Promise<void> {
  if (version === undefined) return;
  const detail = await daemon.functions.get(name).catch((error: unknown) => {
    // Logs outlive their function, so a missing function is not an error here.
    if (isLamError(error) && error.code === 'LAM_REGISTRY_FUNCTION_NOT_FOUND') return undefined;
    throw error;
  });
  if (detail === undefined || detail.allVersions.some((v) => v.version === version)) return;
  out.note(absenceNote(name, version));
}

function sinceOf(text: string): number {
  const at = parseTime(text, Date.now());
  if (at === undefined) throw lamError('LAM_CLI_BAD_TIME', { text });
  return Math.max(0, Math.floor(at));
}
