/** What a registry wants before it serves a request, from `WWW-Authenticate`. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string; readonly scope?: string };

const PARAMETER = /([a-zA-Z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/** Reads a challenge; of several the first that is known. Undefined for none. Pure. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined) return undefined;
  // A scheme is a word that no '=' follows; what it wants reaches to the next one.
  const starts = [...header.matchAll(/(?:^|,)\s*(bearer|basic)(?=\s|,|$)/gi)];
  for (const [index, start] of starts.entries()) {
    if (start[1]?.toLowerCase() === 'basic') return { scheme: 'basic' };
    const text = header.slice(start.index + start[0].length, starts[index + 1]?.index);
    const given = new Map(
      [...text.matchAll(PARAMETER)].map(([, name = '', quoted, plain]) => [
        name.toLowerCase(),
        (quoted ?? plain ?? '').replace(/\\(.)/g, '$1'),
      ]),
    );
    const realm = given.get('realm');
    if (realm === undefined || !URL.canParse(realm)) continue;
    const [service, scope] = [given.get('service'), given.get('scope')];
    return {
      scheme: 'bearer',
      realm,
      ...(service === undefined ? {} : { service }),
      ...(scope === undefined ? {} : { scope }),
    };
  }
  return undefined;
}
