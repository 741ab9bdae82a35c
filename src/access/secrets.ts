import { referredVariable, type FunctionName } from '../contract/index.ts';
import { lamError, type LamError } from '../errors/index.ts';
import type { AccessHost, AuthOption } from './scheme.ts';

/** Schema of the option `secret`. */
export const SECRET: AuthOption = {
  description:
    'Secret shared with the sender or issuer, as `${NAME}`, a variable of the function; several while it is rotated.',
  type: ['string', 'array'],
  items: { type: 'string' },
  minItems: 1,
  examples: ['${WEBHOOK_SECRET}', ['${NEW_SECRET}', '${OLD_SECRET}']],
};

/** Returns what is wrong with an option that holds secrets, as words to follow its name. Settings are shown, so it may only refer. Pure. */
export function secretFault(value: string | readonly string[]): string | undefined {
  return listOf(value).every((text) => referredVariable(text) !== undefined)
    ? undefined
    : 'in plain text; write ${NAME}, a variable of the function, which `lam env set FUNCTION NAME=VALUE` sets';
}

/** Names of the variables that an option refers to; a text that is no reference has none. Pure. */
export function secretVariables(value: string | readonly string[]): readonly string[] {
  return listOf(value).flatMap((text) => referredVariable(text) ?? []);
}

/** Reads the secrets that an option refers to; each time, because a new version may have new ones. */
export function secretsOf(
  host: AccessHost,
  functionName: FunctionName,
  value: string | readonly string[],
): readonly string[] | LamError {
  const secrets: string[] = [];
  for (const text of listOf(value)) {
    const name = referredVariable(text) ?? '';
    const secret = host.variable(functionName, name);
    if (secret === undefined || secret === '')
      return lamError('LAM_ACCESS_VARIABLE_MISSING', { name: functionName, variable: name });
    secrets.push(secret);
  }
  return secrets;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}
