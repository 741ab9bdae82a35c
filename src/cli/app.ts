import { isatty } from 'node:tty';
import { EXIT, lamError } from '../errors/index.ts';
import { nearest } from '../kit/index.ts';
import { isTruthy, GLOBAL_FLAGS, type FlagSpec } from './fast/flag-table.ts';
import { wantsPlain } from './fast/terminal.ts';
import { writeAll } from './fast/write.ts';
import type { FastCrash, FastFailure, Installation } from './installation.ts';
import type { LamConfig } from './lam-config.ts';
import { renderError } from './render/error.ts';
import { failureToError } from './services/failure.ts';

/** Runs any command; resolves with the exit code. Never rejects: this is the only place that renders failures. */
export async function runApp(argv: readonly string[], installation: Installation): Promise<number> {
  const words = hoistGlobalFlags(argv);
  const running: Running = { command: '' };
  const crash = (thrown: unknown): void => process.exit(report(thrown, asJson(words), running.command));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    return await dispatch(words, installation, running);
  } catch (thrown) {
    return report(thrown, asJson(words), running.command);
  }
}

interface Running {
  /** The command to name in the hint of a usage error, for instance `config set`; empty while it is not known. */
  command: string;
}

/** Reports a failure of the fast path; returns the exit code. */
export function reportFailure(failure: FastFailure | FastCrash, json: boolean): number {
  return report(failure.kind === 'crashed' ? failure.thrown : failureToError(failure), json, 'invoke');
}

function report(thrown: unknown, json: boolean, command: string): number {
  const { stdout, stderr, exit } = renderError(thrown, {
    json,
    debug: isTruthy(process.env['LAM_DEBUG'] ?? ''),
    command,
    colored: isatty(2) && !wantsPlain(process.env),
  });
  // Where the output cannot be written, its failure goes to stderr, too.
  if (!isWritten(1, stdout)) isWritten(2, stdout);
  isWritten(2, stderr);
  return exit;
}

function isWritten(descriptor: 1 | 2, text: string): boolean {
  try {
    writeAll(descriptor, text);
    return true;
  } catch {
    return false;
  }
}

async function dispatch(words: readonly string[], installation: Installation, running: Running): Promise<number> {
  const { LamConfig } = await import('./lam-config.ts');
  const config = new LamConfig(installation);
  await withShell(() => config.load());
  const [first] = words;
  if (first === undefined) return showRootHelp(config);
  if (first === '--version' || first === '-v') return config.runCommand('version', words.slice(1));
  if (['--help', '-h', 'help'].includes(first)) {
    const topic = words.slice(1);
    if (topic.includes('--json'))
      throw lamError('LAM_CLI_USAGE', { what: 'help has no JSON form: leave out --json', command: '' });
    return topic[0] === undefined || topic[0].startsWith('-') ? showRootHelp(config) : showHelp(config, topic);
  }
  if (globalFlag(first) !== undefined)
    throw lamError('LAM_CLI_USAGE', { what: `${first} needs a command`, command: '' });
  const { id, rest } = commandOf(config, words);
  if (beforeDashes(rest).some((word) => word === '--help' || word === '-h')) return showHelp(config, words);
  if (config.findCommand(id) !== undefined) {
    running.command = id.replaceAll(':', ' ');
    return config.runCommand(id, [...rest]);
  }
  if (config.findTopic(id) !== undefined) return showHelp(config, [id]);
  throw unknownCommand(config, id);
}

async function showRootHelp(config: LamConfig): Promise<number> {
  const { renderRootHelp } = await import('./render/root-help.ts');
  writeAll(1, renderRootHelp(config));
  return EXIT.ok;
}

async function showHelp(config: LamConfig, words: readonly string[]): Promise<number> {
  const { LamHelp } = await import('./render/command-help.ts');
  const { id } = commandOf(config, words);
  if (config.findCommand(id) === undefined && config.findTopic(id) === undefined) throw unknownCommand(config, id);
  await new LamHelp(config, config.pjson.oclif.helpOptions ?? {}).showHelp([id]);
  return EXIT.ok;
}

/**
 * Runs `load` with a `SHELL`: without one, oclif asks the system's user database, which has no entry for users such as
 * those of `docker run --user 12345`.
 */
async function withShell(load: () => Promise<void>): Promise<void> {
  const { SHELL } = process.env;
  process.env['SHELL'] = SHELL ?? '';
  try {
    await load();
  } finally {
    if (SHELL === undefined) delete process.env['SHELL'];
  }
}

/**
 * Splits words into the id of a command, which has two words if the first is a topic, and the rest. oclif would take
 * words after a command without arguments for parts of its name.
 */
function commandOf(
  config: LamConfig,
  words: readonly string[],
): { readonly id: string; readonly rest: readonly string[] } {
  const [first = '', second = '-'] = words;
  const { commands } = config;
  const isTopic = commands.some((command) => command.id.startsWith(`${first}:`));
  // A topic may be a command, too, as `runtimes` is.
  const isWhole = commands.some((command) => command.id === first);
  const isPart = isTopic && (!isWhole || commands.some((command) => command.id === `${first}:${second}`));
  if (isPart && !second.startsWith('-')) return { id: `${first}:${second}`, rest: words.slice(2) };
  return { id: first, rest: words.slice(1) };
}

/** Words that other tools use for a command of lam. */
const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  'env get': 'env list',
  'env show': 'env list',
  'env delete': 'env unset',
  'env remove': 'env unset',
  'config list': 'config get',
  'config show': 'config get',
  'config delete': 'config unset',
  'config remove': 'config unset',
  'alias get': 'alias list',
  'alias create': 'alias set',
  'alias remove': 'alias delete',
  'route delete': 'route remove',
  'route create': 'route add',
  'route set': 'route add',
  'trigger remove': 'trigger delete',
  'trigger create': 'trigger add',
  'trigger set': 'trigger add',
  'trigger run': 'trigger test',
  'trigger describe': 'trigger show',
  'schedule add': 'config set FUNCTION schedules=...',
  'schedule create': 'config set FUNCTION schedules=...',
  'schedule remove': 'config unset FUNCTION schedules',
  'schedule delete': 'config unset FUNCTION schedules',
  'schedule history': 'schedule list --history',
  'schedule show': 'schedule list',
  'schedule stop': 'schedule pause',
  'schedule start': 'schedule resume',
  'schedule trigger': 'schedule run',
};

function unknownCommand(config: LamConfig, id: string): Error {
  const known = config.commands.filter((c) => c.hidden !== true).map((c) => c.id.replaceAll(':', ' '));
  const asked = id.replaceAll(':', ' ');
  const topic = id.includes(':') ? `${asked.split(' ')[0]} ` : '';
  const near = nearest(
    asked,
    known.filter((k) => k.startsWith(topic)),
  );
  const meant = Object.hasOwn(KNOWN_ELSEWHERE, asked) ? KNOWN_ELSEWHERE[asked] : near;
  return lamError('LAM_CLI_UNKNOWN_COMMAND', { command: asked, nearest: meant ?? '' });
}

/** Moves global flags behind the command, where oclif expects them: `lam --json list` becomes `lam list --json`. */
export function hoistGlobalFlags(argv: readonly string[]): readonly string[] {
  let end = 0;
  for (; end < argv.length; end += 1) {
    const word = argv[end] ?? '';
    const spec = globalFlag(word);
    if (spec === undefined) break;
    if (spec.type === 'string' && !word.includes('=')) end += 1;
  }
  const moved = argv.slice(0, end);
  const rest = argv.slice(end);
  if (moved.length === 0 || rest.length === 0) return argv;
  const dashes = rest.indexOf('--');
  return dashes < 0 ? [...rest, ...moved] : [...rest.slice(0, dashes), ...moved, ...rest.slice(dashes)];
}

function globalFlag(word: string): FlagSpec | undefined {
  const table: Readonly<Record<string, FlagSpec>> = GLOBAL_FLAGS;
  return Object.entries(table).find(
    ([name, spec]) =>
      word === `--${name}` || word.startsWith(`--${name}=`) || (spec.char !== undefined && word === `-${spec.char}`),
  )?.[1];
}

function asJson(words: readonly string[]): boolean {
  return beforeDashes(words).includes('--json') || isTruthy(process.env['LAM_JSON'] ?? '');
}

function beforeDashes(words: readonly string[]): readonly string[] {
  const dashes = words.indexOf('--');
  return dashes < 0 ? words : words.slice(0, dashes);
}
