import { lamError } from '../../errors/index.ts';

/** One of several answers. */
export interface Choice<T extends string> {
  readonly value: T;
  /** What it means, shown beside it. */
  readonly hint?: string;
}

/** Lets the author choose with the arrow keys, on stderr. Throws `LAM_CLI_CANCELLED` after Ctrl-C or Escape. */
export async function choose<T extends string>(message: string, choices: readonly Choice<T>[], initial: T): Promise<T> {
  const { isCancel, select } = await import('@clack/prompts');
  const options = choices.map(({ value, hint }) => ({
    value: String(value),
    label: value,
    ...(hint === undefined ? {} : { hint }),
  }));
  const answer = await select({ message, options, initialValue: String(initial), output: process.stderr });
  const chosen = isCancel(answer) ? undefined : choices.find(({ value }) => value === answer);
  if (chosen === undefined) throw lamError('LAM_CLI_CANCELLED', { what: message });
  return chosen.value;
}

/**
 * Asks for a line of text on stderr; Enter alone takes `initial`. `fault` says what is wrong with an answer. Throws
 * `LAM_CLI_CANCELLED` after Ctrl-C or Escape.
 */
export async function askText(
  message: string,
  initial: string,
  fault: (answer: string) => string | undefined,
): Promise<string> {
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({
    message,
    placeholder: initial,
    defaultValue: initial,
    validate: (given = '') => (given === '' ? undefined : fault(given)),
    output: process.stderr,
  });
  if (isCancel(answer)) throw lamError('LAM_CLI_CANCELLED', { what: message });
  return answer;
}
