/** The type of an error whose sandbox named none, or none that may stand in a log line. */
export const UNKNOWN_TYPE = 'Runtime.Unknown';

/** Names of exceptions in any language, on one line: no control, format or unassigned characters, no line separators. */
const PRINTABLE_TYPE = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;

/**
 * Returns the error type that code in a sandbox reported; `Runtime.Unknown` for anything but 1 to 256 printable characters,
 * because the type is written into REPORT lines, which a line break would let the code forge. Pure.
 */
export function reportedType(type: unknown): string {
  return typeof type === 'string' && PRINTABLE_TYPE.test(type) ? type : UNKNOWN_TYPE;
}
