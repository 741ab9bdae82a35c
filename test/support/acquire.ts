import { lamError } from '../../src/errors/index.ts';
import type { InitFailure, Acquisition, Pool, PoolRevision } from '../../src/pool/index.ts';

/**
 * Resolves with a sandbox as soon as one is free; rejects with the error of the pool, or with `LAM_POOL_CANCELLED` if
 * `signal` aborts while it waits. Like the router, it continues one microtask later.
 */
export function acquire(pool: Pool, revision: PoolRevision, signal?: AbortSignal): Promise<Acquisition | InitFailure> {
  const warm = pool.acquire(revision);
  if (warm !== undefined) return Promise.resolve(warm);
  if (signal?.aborted === true) return Promise.reject(lamError('LAM_POOL_CANCELLED', { name: revision.functionName }));
  return new Promise((resolve, reject) => {
    const withdraw = pool.enqueue(revision, { since: 0, resolve, reject });
    const leave = (): void => {
      if (withdraw?.() === true) reject(lamError('LAM_POOL_CANCELLED', { name: revision.functionName }));
    };
    signal?.addEventListener('abort', leave, { once: true });
  });
}
