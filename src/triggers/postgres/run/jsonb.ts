/** In JSON: a pair of surrogates or another escape, which stay; NUL and half a pair, which `jsonb` refuses. */
const ESCAPES =
  /(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})|\\[\s\S]/g;

/** Returns JSON as the type `jsonb` takes it: what that refuses is the replacement character U+FFFD. Pure. */
export function asJsonb(json: Uint8Array): string {
  const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString();
  return text.replaceAll(ESCAPES, (escape, pair?: string) =>
    pair === undefined && escape.length > 2 ? String.raw`\ufffd` : escape,
  );
}
