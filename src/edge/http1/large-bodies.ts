import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bodies below this are not counted, bytes. */
const LARGE_BYTES = 128 * 1024;
/** How much of them may go by before what is left of them is collected, bytes. */
const COLLECT_BYTES = 8 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

let passedBytes = 0;
let collect: Collect | undefined;

/**
 * Counts a body that came or went. V8 does not see the memory outside its heap that bodies, and the pieces they are read in, take:
 * left alone it lets 64 MiB of it lie before it looks. A collection of the young objects, which is where they are, takes a
 * millisecond or less.
 */
export function bodyPassed(bytes: number): void {
  if (bytes < LARGE_BYTES) return;
  passedBytes += bytes;
  if (passedBytes < COLLECT_BYTES) return;
  passedBytes = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/** V8's own function, which it shows only to code that comes after this flag. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
