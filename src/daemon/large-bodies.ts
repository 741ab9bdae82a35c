import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bodies below this are not counted, bytes. */
const LARGE_BYTES = 128 * 1024;
/** How much of them may go by before what is left of them is collected, bytes. */
const COLLECT_BYTES = 8 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

let passedBytes = 0;
let collect: Collect | undefined;
let growingPercent = 0;

/**
 * How much more than what was left by the last full collection there may be before the next, percent. Bodies count, too, although
 * they are outside of V8's heap: by V8's own rule, made for heaps of many times the daemon's 10 MiB, every few of them would
 * start a full collection, which takes 4 ms and more of the other core.
 */
const GROWING_PERCENT = 600;
/** A heap above this is left to V8's own rule, bytes. */
const SMALL_HEAP_BYTES = 48 * 1024 * 1024;

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
  collect ??= prepared();
  collect({ type: 'minor' });
  growBy(getHeapStatistics().used_heap_size < SMALL_HEAP_BYTES ? GROWING_PERCENT : 0);
}

function prepared(): Collect {
  // Compiled code is kept for the next start with the flags that held when it was put away, and is of use only under the same ones.
  process.once('exit', () => growBy(0));
  return collector();
}

/** @param percent 0 for V8's own rule */
function growBy(percent: number): void {
  if (percent === growingPercent) return;
  growingPercent = percent;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** V8's own function, which it shows only to code that comes after this flag. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
