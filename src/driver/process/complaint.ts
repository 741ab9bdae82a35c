/**
 * Returns the line of a crashed interpreter's stderr that states the reason: the last one that names an error, else the
 * last one, ignoring Node's version line. Empty when nothing was printed. Pure.
 */
export function complaintIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^Node\.js v\d/.test(line));
  return (lines.findLast((line) => /^[\w.]*(?:Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '').trim();
}
