import { REFERENCE, referredVariable } from '../../contract/index.ts';

/** A reference in the place of a port. */
const PORT = new RegExp(`:${REFERENCE.source}(?=[/?#,]|$)`, 'g');

/**
 * Returns `text` with the value of each `${NAME}`. In the user and password of a URL, values are percent-encoded.
 * `valueOf` throws for unknown variables.
 */
export function withValues(text: string, valueOf: (name: string) => string): string {
  const [, userInfo = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*@)/i.exec(text) ?? [];
  const end = userInfo === '' ? 0 : text.indexOf(userInfo) + userInfo.length;
  return text.replaceAll(REFERENCE, (_whole, name: string, at: number) =>
    at < end ? encodeURIComponent(valueOf(name)) : valueOf(name),
  );
}

/**
 * Returns the fault of a setting that is the URL of a broker, or undefined. A password must be a `${NAME}`, because
 * settings are shown; a URL that is one `${NAME}` as a whole is not checked.
 */
export function urlFault(text: string, protocols: readonly string[]): string | undefined {
  if (referredVariable(text) !== undefined) return undefined;
  const form = `must be a URL like ${protocols[0]}://HOST:PORT`;
  let url: URL;
  try {
    // A port is a number, so its place is held by one.
    url = new URL(text.replaceAll(PORT, ':1').replaceAll(REFERENCE, 'x'));
  } catch {
    return form;
  }
  if (!protocols.includes(url.protocol.slice(0, -1)) || url.hostname === '') return form;
  const [, secret] = /^[^/]*\/\/[^/?#]*?:([^/?#]*)@/.exec(text) ?? [];
  if (secret === undefined || secret === '' || referredVariable(secret) !== undefined) return undefined;
  return 'must not contain a password; write ${NAME} in its place and set it with `lam env set FUNCTION NAME=VALUE`';
}

/** Returns the fault of a setting that is a secret, or undefined: it must be one `${NAME}`, because settings are shown. */
export function secretFault(text: string | undefined): string | undefined {
  if (text === undefined || referredVariable(text) !== undefined) return undefined;
  return 'must not be written out; write ${NAME} in its place and set it with `lam env set FUNCTION NAME=VALUE`';
}

/** Returns the names of the variables to which settings of a trigger or a destination refer. Pure. */
export function variablesIn(settings: unknown): readonly string[] {
  return [...new Set(Array.from(JSON.stringify(settings).matchAll(REFERENCE), ([, name = '']) => name))];
}
