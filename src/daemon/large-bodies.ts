import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Shorter bodies are not counted (bytes). */
const LARGE_BYTES = 128 * 1024;
/** Amount of large bodies between two collections (bytes). */
const COLLECT_BYTES = 8 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

let passedBytes = 0;
let collect: Collect | undefined;
let growingPercent = 0;

/**
 * Growth of the heap since the last full collection that starts the next (percent). V8 counts bodies although they are
 * outside its heap; by its default, made for heaps far larger than the daemon's 10 MiB, every few bodies start a full
 * collection of 4 ms and more.
 */
const GROWING_PERCENT = 600;
/** Larger heaps keep V8's default (bytes). */
const SMALL_HEAP_BYTES = 48 * 1024 * 1024;

/**
 * Counts a body that was received or sent. V8 is slow to notice the memory that bodies take outside its heap: by
 * default it waits for 64 MiB. A minor collection, which frees them, takes a millisecond or less.
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
  // The compile cache records V8's flags at exit and is valid only under the same ones.
  process.once('exit', () => growBy(0));
  return collector();
}

/** @param percent 0 for V8's default */
function growBy(percent: number): void {
  if (percent === growingPercent) return;
  growingPercent = percent;
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/** V8's `gc` function, which only contexts made after this flag can see. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof found === 'function' ? (found as Collect) : () => undefined;
}
