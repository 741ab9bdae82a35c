import type { ConfigPatch } from '../../contract/index.ts';
import type { CommandContext } from '../command-context.ts';
import { renderConfigured } from '../render/published.ts';
import { targetName } from './target.ts';

/** The words of a command that changes a configuration: `[FUNCTION] WORD...`. */
export interface ConfigureWords {
  /** As typed: `env set`. */
  readonly command: string;
  readonly words: readonly string[];
  /** Whether the first word is the function; otherwise it is that of the project in the current folder. */
  readonly isNamed: boolean;
  readonly message: string | undefined;
}

/** Changes the configuration of a function as `patchOf` reads the words after its name, and prints the result. */
export async function configure(
  { out, by, cwd, client }: CommandContext,
  { command, words, isNamed, message }: ConfigureWords,
  patchOf: (words: readonly string[]) => ConfigPatch,
): Promise<void> {
  const patch = patchOf(isNamed ? words.slice(1) : words);
  const name = await targetName(isNamed ? words[0] : undefined, cwd, command);
  const daemon = await client();
  const answer = await daemon.configure(name, { ...patch, by, ...(message === undefined ? {} : { message }) });
  out.result(answer, () => renderConfigured(answer));
  for (const notice of answer.notices) out.note(notice);
}
