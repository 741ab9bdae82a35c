/**
 * Characters that end a line or control a terminal: control characters, and Unicode's line and paragraph separators.
 */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Returns the text on one line: control characters are written as JSON writes them (`\u000a`). Pure. */
export function escapeControls(text: string): string {
  return text.replaceAll(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
