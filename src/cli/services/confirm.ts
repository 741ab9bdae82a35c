import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { lamError } from '../../errors/index.ts';
import type { Output } from '../output.ts';

/**
 * Asks for confirmation on the terminal. Throws `LAM_CLI_NEEDS_YES` without a terminal, `LAM_CLI_CANCELLED` for any
 * answer but yes.
 */
export async function confirm(out: Output, what: string, flag: string): Promise<void> {
  if (!out.interactive) throw lamError('LAM_CLI_NEEDS_YES', { what, flag });
  await askForYes(what, process.stdin, process.stderr);
}

/** Asks on `output` and reads one line of `input`. Throws `LAM_CLI_CANCELLED` for any answer but yes. */
export async function askForYes(what: string, input: Readable, output: Writable): Promise<void> {
  const reader = createInterface({ input, output });
  const interrupted = new AbortController();
  reader.once('SIGINT', () => interrupted.abort());
  // Without this, readline would never settle at the end of the input.
  reader.once('close', () => interrupted.abort());
  try {
    const answer = await reader.question(`${what}? [y/N] `, { signal: interrupted.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw lamError('LAM_CLI_CANCELLED', { what });
  } catch (error) {
    if (interrupted.signal.aborted) throw lamError('LAM_CLI_CANCELLED', { what }, error);
    throw error;
  } finally {
    reader.close();
  }
}
