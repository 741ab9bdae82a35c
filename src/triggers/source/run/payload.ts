/** Returns the JSON of a payload, or its text. */
function parsed(payload: Uint8Array | string): { readonly isJson: boolean; readonly value: unknown } {
  const text = typeof payload === 'string' ? payload : bufferOf(payload).toString();
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false, value: text };
  }
}

/** Whether a text is JSON. */
export function isJsonText(text: string): boolean {
  return parsed(text).isJson;
}

/** Returns bytes as text. */
export function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString();
}

/** Returns what filter patterns see of a payload: its JSON, or its text. */
export function decoded(payload: Uint8Array | string): unknown {
  return parsed(payload).value;
}

/** Returns what filter patterns see of a payload in base64; what is no text is left as it is. */
export function base64Decoded(payload: unknown): unknown {
  return typeof payload === 'string' ? decoded(Buffer.from(payload, 'base64')) : payload;
}

/** Returns bytes in base64. */
export function base64Of(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}

/** Length of bytes in base64. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** `host:port` of a URL, without user and password; what cannot be read is left out. */
export function addressOf(url: string, defaultPort: number): string {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname}:${port === '' ? defaultPort : port}`;
  } catch {
    return 'an address that is not a URL';
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
