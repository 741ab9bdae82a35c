export { Pool, type Counts, type PoolOptions } from './pool.ts';
export type { Acquisition, InitFailure, Waiter } from './acquisition.ts';
export type { Occupied } from './occupied.ts';
export type { PoolRevision } from './revision.ts';
export type { CallRightSource, StartupCacheSource } from './slot-life.ts';
