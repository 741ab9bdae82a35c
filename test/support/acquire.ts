import { lamError } from '../../src/errors/index.ts';
import type { InitFailure, Acquisition, Pool, PoolRevision } from '../../src/pool/index.ts';

/**
 * A sandbox as soon as there is one; rejects with what the pool refuses it for, and with `LAM_POOL_CANCELLED` when `signal`
 * aborts while it waits. As the router does it, so it is told a turn of the microtask queue later.
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
