/** Shortest time between two lines of progress (ms); shorter uploads need none. */
const LINE_MS = 1000;

/**
 * Returns a function to call after each file that was sent: says how many of `total` are, at most once a second, and
 * once when all are, if that took long.
 */
export function uploadProgress(
  total: number,
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): () => void {
  let sent = 0;
  let last = now();
  let hasSaid = false;
  return () => {
    sent += 1;
    if (sent === total && hasSaid) say(`sent all ${total} files; storing them`);
    if (sent === total || now() - last < LINE_MS) return;
    last = now();
    hasSaid = true;
    say(`sent ${sent} of ${total} files`);
  };
}
