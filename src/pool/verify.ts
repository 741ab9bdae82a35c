import { lamError, type LamError } from '../errors/index.ts';
import type { InitFailure, Waiter } from './acquisition.ts';
import type { PoolRevision } from './revision.ts';

/**
 * Waits in the version's queue until a sandbox has loaded its code, and runs nothing in it: the start has the limits,
 * the retries and the stems of one for a request. Resolves to the failure of its init, or to undefined when it is
 * ready. Rejects with what the queue rejects with, and with `LAM_POOL_CANCELLED` when `signal` aborts.
 */
export function verifyInQueue(
  enqueue: (waiter: Waiter) => (() => boolean) | undefined,
  revision: PoolRevision,
  signal: AbortSignal | undefined,
): Promise<InitFailure | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<InitFailure | undefined>();
  const cancel = (): void => {
    if (withdraw?.() === true) reject(cancelled(revision));
  };
  const withdraw = enqueue({
    since: 0,
    runsNothing: true,
    resolve: (found) => resolve('kind' in found ? found : undefined),
    reject,
  });
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel);
  return promise.finally(() => signal?.removeEventListener('abort', cancel));
}

function cancelled({ functionName: name }: PoolRevision): LamError {
  return lamError('LAM_POOL_CANCELLED', { name });
}
