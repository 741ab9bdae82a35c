/** Type of an error for which the sandbox reported none, or none that is valid in a log line. */
export const UNKNOWN_TYPE = 'Runtime.Unknown';

/**
 * Names of exceptions in any language, on one line: no control, format or unassigned characters, no line separators.
 */
const PRINTABLE_TYPE = /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u;

/**
 * Returns the error type that code in a sandbox reported; `Runtime.Unknown` for anything but 1 to 256 printable
 * characters: the type is written into log lines, and a line break in it could forge a REPORT line. Pure.
 */
export function reportedType(type: unknown): string {
  return typeof type === 'string' && PRINTABLE_TYPE.test(type) ? type : UNKNOWN_TYPE;
}
