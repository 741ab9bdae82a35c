/** A number in a frame's meta; undefined when the meta is not JSON or has none by that name. */
export function readNumber(meta: Buffer, name: string): number | undefined {
  const value = readMember(meta, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The type of an error; `Runtime.Unknown` where the meta has none. */
export function readErrorType(meta: Buffer): string {
  const value = readMember(meta, 'errorType');
  return typeof value === 'string' ? value : 'Runtime.Unknown';
}

/** A member of a frame's meta, whatever it is; undefined when the meta is no JSON object. */
export function readMember(meta: Buffer, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(meta.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
  } catch {
    // Only a function that speaks the protocol by itself gets here; the frame still counts, its meta does not.
    return undefined;
  }
}
