import { printable } from '../../errors/index.ts';
import { nearest } from '../../kit/index.ts';

/** Members of the errors of oclif's parser that carry what was wrong. */
interface ParserFault extends Error {
  /** Definitions of missing arguments, or words that are too many. */
  readonly args?: readonly unknown[];
  /** Flags that the command does not have, with their dashes. */
  readonly flags?: readonly unknown[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

/** What is wrong with the words of a command, in one sentence, from an error of oclif's parser. */
export function usageFault(thrown: ParserFault, command: string): string {
  const missing = namesOf(thrown.args);
  if (missing.length > 0) return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`;
  const strange = (thrown.flags ?? []).filter((flag): flag is string => typeof flag === 'string');
  if (strange.length > 0 && thrown.message.startsWith('Nonexistent')) return strangeFlags(strange, thrown);
  const number = /^Parsing (?<flag>--\S+) *\n\s*Expected an integer but received: (?<text>[^\n]*)/.exec(thrown.message);
  if (number?.groups !== undefined) return wrongNumber(number.groups, command);
  const needed = /All of the following must be provided when using (?<flag>--\S+): (?<others>--.+)/.exec(
    thrown.message,
  );
  if (needed?.groups !== undefined) return printable(`${needed.groups['flag']} needs ${needed.groups['others']}`);
  const exclusive = /(?<flag>--[^\s=]+)\S* cannot also be provided when using (?<other>--[^\s=]+)/.exec(thrown.message);
  if (exclusive?.groups !== undefined)
    return printable(`give ${exclusive.groups['flag']} or ${exclusive.groups['other']}, not both`);
  const bound =
    /^Parsing (?<flag>--\S+) *\n\s*Expected an integer (?<bound>[^\n]*?) but received: (?<text>[^\n]*)/.exec(
      thrown.message,
    );
  if (bound?.groups !== undefined)
    return printable(
      `${bound.groups['flag']} takes a whole number ${bound.groups['bound']}, not '${bound.groups['text']}'`,
    );
  // Messages of oclif's parser end with a list and "See more help with --help".
  const text = printable(thrown.message)
    .replace(/\nSee more help with --help$/, '')
    .replace(/^(Parsing \S+) *\n\s*/, '$1: ')
    .replaceAll(/:\s*\n\s*/g, ': ')
    .replaceAll(/\s*\n\s*/g, '; ');
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Names of the arguments, as help shows them, with their possible values. */
function namesOf(args: readonly unknown[] | undefined): readonly string[] {
  return (args ?? []).flatMap((arg) => {
    if (typeof arg !== 'object' || arg === null || !('name' in arg) || typeof arg.name !== 'string') return [];
    const values = 'options' in arg && Array.isArray(arg.options) ? ` (${arg.options.join(', ')})` : '';
    return [`${arg.name.toUpperCase()}${values}`];
  });
}

function strangeFlags(strange: readonly string[], { parse }: ParserFault): string {
  const known = Object.keys(parse?.input?.flags ?? {});
  const parts = strange.map((flag) => {
    const similar = nearest(flag.replace(/^-+/, ''), known);
    return `there is no flag ${printable(flag)}${similar === undefined ? '' : ` (did you mean --${similar}?)`}`;
  });
  return parts.join(', and ');
}

/** A flag that takes a number got text; `-m`, which is `--memory`, is the message in other tools. */
function wrongNumber({ flag = '', text = '' }: Readonly<Record<string, string>>, command: string): string {
  const isMessage = flag === '--memory' && command === 'deploy';
  return `${flag}: '${printable(text)}' is not a whole number${isMessage ? ' (did you mean --message?)' : ''}`;
}
