export { systemClock, sleep, type Clock, type EpochMs, type MonotonicMs } from './clock.ts';
export { eachLimited, together } from './each-limited.ts';
export { Ewma } from './ewma.ts';
export { Fifo } from './fifo.ts';
export { invariant } from './invariant.ts';
export { Lru } from './lru.ts';
export { Mutex } from './mutex.ts';
export { nearest } from './nearest.ts';
export { Semaphore } from './semaphore.ts';
