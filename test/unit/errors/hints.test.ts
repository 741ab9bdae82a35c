import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');

interface Outline {
  readonly args: Readonly<Record<string, unknown>>;
  readonly strict: boolean;
  readonly flags: Readonly<Record<string, { readonly char?: string; readonly type: string }>>;
}

const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Readonly<Record<string, Outline>>;
};

/**
 * The command lines of lam in a text, each to the end of its phrase: those after a colon, a bracket, `see` or a
 * variable.
 */
function commandLines(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/(?:^|: |`|\(|\bsee |[A-Z]=\S+ )lam ([^;,`)?]+)/g)].map(
    (match) => (match[1] ?? '').replace(/ shows .*/, '').match(/'[^']*'|\S+/g) ?? [],
  );
}

/** The part of a command line that lam does not accept, or undefined. Placeholders such as <command> match any. */
function misuse(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words.filter((word, i) => !word.startsWith('-') && !words[i - 1]?.startsWith('--'));
  if (/^[<A-Z]|^$/.test(first)) return undefined;
  const command = commands[`${first}:${second}`] ?? commands[first];
  if (command === undefined) return `there is no command '${first} ${second}'`;
  const unknown = words.find((word) => /^--?[a-zA-Z]/.test(word) && word !== '--help' && !hasFlag(command, word));
  if (unknown !== undefined) return `'${first}' has no flag ${unknown}`;
  const surplus = command.strict
    ? surplusArgument(command, words, `${first}:${second}` in commands ? 2 : 1)
    : undefined;
  return surplus === undefined ? undefined : `'${first}' takes no argument ${surplus}`;
}

/** The first argument beyond those that a command takes; its own name has `named` words. */
function surplusArgument({ args, flags }: Outline, words: readonly string[], named: number): string | undefined {
  const takesValue = (word = ''): boolean =>
    Object.entries(flags).some(
      ([flag, { char, type }]) => type === 'option' && (word === `--${flag}` || word === `-${char}`),
    );
  const given = words.filter((word, i) => !word.startsWith('-') && !takesValue(words[i - 1]));
  return given.slice(named)[Object.keys(args).length];
}

function hasFlag({ flags }: Outline, word: string): boolean {
  const name = word.replace(/=.*/, '');
  return Object.entries(flags).some(([flag, { char }]) => name === `--${flag}` || name === `-${char}`);
}

test('every command that a hint names exists, with the flags it names', () => {
  const hints = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('- hint: '));
  const lines = hints.flatMap(commandLines);
  assert.ok(lines.length > 40, `${lines.length} command lines in hints`);
  const faults = lines.flatMap((words) => misuse(words) ?? []);
  assert.deepEqual(faults, []);
});

test('a hint that names a missing command or flag is found', () => {
  for (const hint of [
    'start it: lam start --token SECRET',
    'see lam config --nope',
    'lam invoke -q',
    '(lam nothing)',
    "call it: lam invoke hello '{}'",
  ]) {
    assert.notEqual(misuse(commandLines(hint)[0] ?? []), undefined, hint);
  }
});
