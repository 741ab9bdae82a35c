import { KNOWN_RUNTIMES } from '../../runtimes/index.ts';
import { SETTING_WORDS } from './settings.ts';
import { isFunctionName, type FunctionName, type VersionNumber } from '../../contract/index.ts';

/** Data about a command that completion needs, as in `oclif.manifest.json`. */
export interface CommandOutline {
  readonly hidden?: boolean;
  readonly flags: Readonly<
    Record<
      string,
      {
        readonly char?: string;
        readonly type: string;
        readonly allowNo?: boolean;
        readonly options?: readonly string[];
      }
    >
  >;
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] }>>;
  readonly aliases?: readonly string[];
}

/** Reads the deployed names. May reject when no daemon runs; then no names are offered. */
export interface DeployedFunctions {
  names(): Promise<readonly string[]>;
  detail(name: FunctionName): Promise<{
    readonly aliases: Readonly<Record<string, VersionNumber>>;
    readonly allVersions: readonly { readonly version: VersionNumber }[];
  }>;
}

type Outlines = Readonly<Record<string, CommandOutline>>;

/** Commands whose second word is a version, an alias or a setting. */
const VERSION_SECOND = new Set(['rollback', 'diff']);
const ALIAS_SECOND = new Set(['alias:delete', 'alias:set']);
const SETTING_SECOND = new Set(['config:get', 'config:set', 'config:unset']);
/** Commands whose function is the second word, after one that nothing can complete. */
const FUNCTION_SECOND = new Set(['route:add', 'route:remove']);
/** Commands that take no function. */
const NO_FUNCTION = new Set([
  'init',
  'autocomplete',
  'start',
  'stop',
  'restart',
  'status',
  'serve',
  'version',
  'gc',
  'df',
  'runtimes',
  'list',
]);

/** Completions of the last of `words`, all with its text as prefix. */
export async function complete(
  words: readonly string[],
  commands: Outlines,
  deployed: DeployedFunctions,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = commandOf(before, commands);
  const candidates =
    found === undefined ? commandWords(before, commands) : await inCommand({ ...found, current }, deployed);
  return candidates.filter((word) => word.startsWith(current));
}

/** The command that the words begin with, by name or alias, and the rest. */
function commandOf(words: readonly string[], commands: Outlines): Omit<Spot, 'current'> | undefined {
  for (const length of [2, 1]) {
    if (words.length < length) continue;
    const name = words.slice(0, length).join(':');
    const id = Object.keys(commands).find((key) => key === name || commands[key]?.aliases?.includes(name) === true);
    const outline = id === undefined ? undefined : commands[id];
    if (id !== undefined && outline !== undefined) return { id, outline, rest: words.slice(length) };
  }
  return undefined;
}

function commandWords(before: readonly string[], commands: Outlines): readonly string[] {
  const visible = Object.keys(commands).filter((id) => commands[id]?.hidden !== true);
  if (before.length === 0) return [...new Set(visible.map((id) => id.split(':')[0] ?? id))];
  const topic = before.length === 1 ? `${before[0] ?? ''}:` : undefined;
  return topic === undefined ? [] : visible.filter((id) => id.startsWith(topic)).map((id) => id.slice(topic.length));
}

/** The word to complete, within a command. */
interface Spot {
  readonly id: string;
  readonly outline: CommandOutline;
  /** Words between the command and the current one. */
  readonly rest: readonly string[];
  readonly current: string;
}

async function inCommand(
  { id, outline, rest, current }: Spot,
  deployed: DeployedFunctions,
): Promise<readonly string[]> {
  const taking = flagOf(rest.at(-1) ?? '', outline);
  if (taking !== undefined) return taking.name === 'runtime' ? KNOWN_RUNTIMES : (taking.options ?? []);
  if (current.startsWith('-')) return flagWords(outline);
  const given = rest.filter((word, i) => !word.startsWith('-') && flagOf(rest[i - 1] ?? '', outline) === undefined);
  if (FUNCTION_SECOND.has(id)) return given.length === 1 ? functionWords(current, deployed) : [];
  return argumentWords({ id, outline, rest: given, current }, deployed);
}

/** The flag that `word` is, if it takes the next word as its value. */
function flagOf(word: string, outline: CommandOutline): { name: string; options?: readonly string[] } | undefined {
  const entry = Object.entries(outline.flags).find(
    ([name, flag]) => word === `--${name}` || (flag.char !== undefined && word === `-${flag.char}`),
  );
  if (entry === undefined || entry[1].type === 'boolean') return undefined;
  return { name: entry[0], ...(entry[1].options === undefined ? {} : { options: entry[1].options }) };
}

function flagWords(outline: CommandOutline): readonly string[] {
  return Object.entries(outline.flags).flatMap(([name, flag]) =>
    flag.allowNo === true ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
}

async function argumentWords(
  { id, outline, rest: given, current }: Spot,
  deployed: DeployedFunctions,
): Promise<readonly string[]> {
  const options = Object.values(outline.args)[given.length]?.options;
  if (options !== undefined) return options;
  if (NO_FUNCTION.has(id)) return otherWords(id, given.length);
  const [name] = given;
  if (name === undefined) return functionWords(current, deployed);
  if (SETTING_SECOND.has(id)) return id === 'config:set' ? SETTING_WORDS.map((word) => `${word}=`) : SETTING_WORDS;
  if (!isFunctionName(name)) return [];
  if (given.length === 1 && ALIAS_SECOND.has(id)) return Object.keys((await deployed.detail(name)).aliases);
  if ((given.length === 1 && VERSION_SECOND.has(id)) || (given.length === 2 && id === 'alias:set')) {
    return (await deployed.detail(name)).allVersions.map((v) => `v${v.version}`);
  }
  return id === 'deploy' ? functionWords(current, deployed) : [];
}

/** Arguments of a command that takes no function. */
function otherWords(id: string, given: number): readonly string[] {
  return id === 'runtimes' && given === 0 ? KNOWN_RUNTIMES : [];
}

/** Names of functions; after `name@` its versions, after `name:` its aliases. */
async function functionWords(current: string, deployed: DeployedFunctions): Promise<readonly string[]> {
  const [name = ''] = current.split(/[@:]/);
  if (name === current) return deployed.names();
  if (!isFunctionName(name)) return [];
  const detail = await deployed.detail(name);
  return current.includes('@')
    ? detail.allVersions.map((v) => `${name}@${v.version}`)
    : Object.keys(detail.aliases).map((alias) => `${name}:${alias}`);
}
