import type { ConfigPatch } from '../../contract/index.ts';
import type { CommandContext } from '../command-context.ts';
import { renderConfigured } from '../render/published.ts';

/** Changes the configuration of a function and prints what became of it. */
export async function configure(
  { out, by, client }: CommandContext,
  name: string,
  patch: ConfigPatch,
  message: string | undefined,
): Promise<void> {
  const answer = await (
    await client()
  ).configure(name, { ...patch, by, ...(message === undefined ? {} : { message }) });
  out.result(answer, () => renderConfigured(answer));
  for (const notice of answer.notices) out.note(notice);
}
