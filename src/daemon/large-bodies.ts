import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Shorter bodies are not counted (bytes). */
const LARGE_BYTES = 128 * 1024;
/** Amount of large bodies and of functions' output between two collections (bytes). */
const COLLECT_BYTES = 8 * 1024 * 1024;
/** Pause after which what a burst left is collected (ms). */
const QUIET_MS = 10_000;

type Collect = (options: { readonly type: 'minor' | 'major'; readonly flavor?: 'last-resort' }) => void;

let passedBytes = 0;
let collect: Collect | undefined;
let growingPercent = 0;
let quiet: NodeJS.Timeout | undefined;

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
  if (bytes >= LARGE_BYTES) outputPassed(bytes);
}

/** Counts output of functions that was read and passed on; see {@link bodyPassed}. */
export function outputPassed(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < COLLECT_BYTES) return;
  passedBytes = 0;
  collect ??= prepared();
  collect({ type: 'minor' });
  growBy(getHeapStatistics().used_heap_size < SMALL_HEAP_BYTES ? GROWING_PERCENT : 0);
  if (quiet !== undefined) quiet.refresh();
  else quiet = setTimeout(trim, QUIET_MS).unref();
}

/**
 * Returns the memory of a burst to the system: V8 keeps it until enough new garbage starts a collection. A plain full
 * collection moves the freed pages into V8's pool, from where they return once V8 finds the process inactive: never
 * where sandboxes are measured again and again, as without control groups.
 */
function trim(): void {
  quiet = undefined;
  collect?.({ type: 'major', flavor: 'last-resort' });
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
