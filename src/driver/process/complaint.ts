/**
 * The line of a crashed interpreter's stderr that says why: the last that names an error, else the last at all. Node
 * ends its report with its own version, which says nothing. Empty text for nothing printed. Pure.
 */
export function complaintIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^Node\.js v\d/.test(line));
  return (lines.findLast((line) => /^[\w.]*(?:Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '').trim();
}
