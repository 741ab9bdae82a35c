import type { ConfigPatch } from '../../contract/index.ts';
import type { CommandContext } from '../command-context.ts';
import { renderConfigured } from '../render/published.ts';
import { targetName } from './target.ts';
import { whileVerified } from './verification.ts';

/** The words of a command that changes a configuration: `[FUNCTION] WORD...`. */
export interface ConfigureWords {
  /** As typed: `env set`. */
  readonly command: string;
  readonly words: readonly string[];
  /** Whether the first word is the function; otherwise it is that of the project in the current folder. */
  readonly isNamed: boolean;
  readonly flags: { readonly message?: string | undefined; readonly 'no-verify': boolean };
}

/** Changes the configuration of a function as `patchOf` reads the words after its name, and prints the result. */
export async function configure(
  { out, by, cwd, client }: CommandContext,
  { command, words, isNamed, flags }: ConfigureWords,
  patchOf: (words: readonly string[]) => ConfigPatch,
): Promise<void> {
  const patch = patchOf(isNamed ? words.slice(1) : words);
  // Messages never contain values of environment variables.
  const shown = command === 'env set' ? words.map((word) => word.replace(/=.*$/s, '=...')) : words;
  const name = await targetName(isNamed ? words[0] : undefined, cwd, command, shown);
  const daemon = await client();
  const change = {
    ...patch,
    by,
    ...(flags.message === undefined ? {} : { message: flags.message }),
    ...(flags['no-verify'] ? { verify: false } : {}),
  };
  const answer = await whileVerified((line) => out.note(line), daemon.config.patch(name, change));
  out.result(answer, () => renderConfigured(answer));
  for (const notice of answer.notices) out.note(notice);
}
