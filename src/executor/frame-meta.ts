import { reportedType } from './error-type.ts';

/** Reads a number from a frame's meta; undefined without JSON or such a member. */
export function readNumber(meta: Buffer, name: string): number | undefined {
  const value = readMember(meta, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Reads an error's type; `Runtime.Unknown` if the meta has none that is valid in a log line. */
export function readErrorType(meta: Buffer): string {
  return reportedType(readMember(meta, 'errorType'));
}

/** Reads a member of a frame's meta, of any type; undefined when the meta is not a JSON object. */
export function readMember(meta: Buffer, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(meta.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
  } catch {
    // Only code that imitates the bootstrap sends this; the frame counts without its meta.
    return undefined;
  }
}
