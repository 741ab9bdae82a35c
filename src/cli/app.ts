import { EXIT, lamError } from '../errors/index.ts';
import { nearest } from '../kit/index.ts';
import { isTruthy, GLOBAL_FLAGS, type FlagSpec } from './fast/flag-table.ts';
import { writeAll } from './fast/write.ts';
import type { FastFailure, Installation } from './installation.ts';
import type { LamConfig } from './lam-config.ts';
import { renderError } from './render/error.ts';
import { failureToError } from './services/failure.ts';

/** Runs any command; resolves with the exit code. Never rejects: this is the only place that renders failures. */
export async function runApp(argv: readonly string[], installation: Installation): Promise<number> {
  const words = hoistGlobalFlags(argv);
  const command = commandWords(words);
  const crash = (thrown: unknown): void => process.exit(report(thrown, asJson(words), command));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    return await dispatch(words, installation);
  } catch (thrown) {
    return report(thrown, asJson(words), command);
  }
}

/** Reports a failure of the fast path; returns the exit code. */
export function reportFailure(failure: FastFailure, json: boolean): number {
  return report(failureToError(failure), json, 'invoke');
}

function report(thrown: unknown, json: boolean, command: string): number {
  const { stdout, stderr, exit } = renderError(thrown, {
    json,
    debug: isTruthy(process.env['LAM_DEBUG'] ?? ''),
    command,
  });
  writeAll(1, stdout);
  writeAll(2, stderr);
  return exit;
}

async function dispatch(words: readonly string[], installation: Installation): Promise<number> {
  const { LamConfig } = await import('./lam-config.ts');
  const config = new LamConfig(installation);
  await config.load();
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
  if (config.findCommand(id) !== undefined) return config.runCommand(id, [...rest]);
  if (config.findTopic(id) !== undefined) return showHelp(config, [id]);
  throw unknownCommand(config, id);
}

async function showRootHelp(config: LamConfig): Promise<number> {
  const { renderRootHelp } = await import('./render/root-help.ts');
  writeAll(1, renderRootHelp(config));
  return EXIT.ok;
}

async function showHelp(config: LamConfig, words: readonly string[]): Promise<number> {
  const { Help } = await import('@oclif/core/help');
  const { id } = commandOf(config, words);
  if (config.findCommand(id) === undefined && config.findTopic(id) === undefined) throw unknownCommand(config, id);
  await new Help(config, config.pjson.oclif.helpOptions ?? {}).showHelp([id]);
  return EXIT.ok;
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
  const isTopic = config.commands.some((command) => command.id.startsWith(`${first}:`));
  if (isTopic && !second.startsWith('-')) return { id: `${first}:${second}`, rest: words.slice(2) };
  return { id: first, rest: words.slice(1) };
}

function unknownCommand(config: LamConfig, id: string): Error {
  const known = config.commands.filter((c) => c.hidden !== true).map((c) => c.id.replaceAll(':', ' '));
  const asked = id.replaceAll(':', ' ');
  const topic = id.includes(':') ? `${asked.split(' ')[0]} ` : '';
  const near = nearest(
    asked,
    known.filter((k) => k.startsWith(topic)),
  );
  return lamError('LAM_CLI_UNKNOWN_COMMAND', { command: asked, nearest: near ?? '' });
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

/** The command to name in the hint of a usage error: `config set` for `config set --nope`. */
function commandWords(words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (first.startsWith('-')) return '';
  return ['config', 'env', 'alias'].includes(first) && !second.startsWith('-') ? `${first} ${second}`.trim() : first;
}
