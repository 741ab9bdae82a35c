export { Pool, type Counts, type PoolOptions } from './pool.ts';
export type { Waiter } from './group.ts';
export type { PoolRevision } from './revision.ts';
export type { InitFailure, Lease } from './slot.ts';
export type { StartupCaches } from './slot-life.ts';
export type { SandboxId } from '../driver/sandbox.ts';
