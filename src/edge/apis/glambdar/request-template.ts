import type { RequestHead } from '../../request.ts';

/** Headers that Glambdar's server takes off. */
const TAKEN: ReadonlySet<string> = new Set(['Host', 'Content-Length', 'Transfer-Encoding', 'Connection']);

/**
 * Makes the requests that Glambdar's handlers get, `{method, headers, body}`; the client inside the sandbox adds `json()`.
 * Serializes what depends on the head alone only once.
 */
export class RequestTemplate {
  readonly #beforeBody: string;

  /** @param secrets headers in lower case that identify the caller, which the function does not get */
  constructor({ method, rawHeaders }: RequestHead, secrets: ReadonlySet<string>) {
    const headers: Record<string, string> = Object.create(null) as Record<string, string>;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const given = rawHeaders[i] as string;
      const name = canonical(given);
      if (TAKEN.has(name) || secrets.has(given.toLowerCase())) continue;
      const value = rawHeaders[i + 1] as string;
      headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
    }
    this.#beforeBody = `{"method":${JSON.stringify(method)},"headers":${JSON.stringify(headers)},"body":`;
  }

  /** The request with this body, as JSON bytes. */
  with(body: Uint8Array): Uint8Array {
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
    return Buffer.from(`${this.#beforeBody}${JSON.stringify(text)}}`);
  }
}

/** A header's name as Go writes it: `X-Api-Key`. */
function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (first) => first.toUpperCase());
}
