import { formatBytes } from '../render/format.ts';

/** Shortest time between two lines of progress (ms). */
const LINE_MS = 500;

/** Returns a function to call with how many of `total` bytes are there; says so now and then. */
export function transferProgress(
  verb: string,
  { what, total }: { readonly what: string; readonly total: number },
  say: (line: string) => void,
): (bytes: number) => void {
  let last = performance.now();
  return (bytes) => {
    if (bytes >= total || performance.now() - last < LINE_MS) return;
    last = performance.now();
    say(`${verb} ${what}: ${formatBytes(bytes)} of ${formatBytes(total)} (${Math.floor((bytes / total) * 100)} %)`);
  };
}
