import type { LamClient } from '../../client/index.ts';
import { MOST_WAIT_MS, type AsyncResult } from '../../contract/index.ts';
import { isLamError } from '../../errors/index.ts';
import { sleep } from '../../kit/index.ts';

/** Time between two attempts to reach another daemon (ms). */
const RETRY_MS = 100;

/**
 * Waits until an asynchronous invocation has finished, through the end of daemons: its event is on the disk, so another
 * daemon runs it. Calls `away` when the daemon went away, each time.
 */
export async function awaitResult(daemon: LamClient, id: string, away: () => void): Promise<AsyncResult> {
  let isAway = false;
  for (;;) {
    try {
      const result = await daemon.invocations.get(id, { waitMs: MOST_WAIT_MS });
      isAway = false;
      if (result.state !== 'PENDING' && result.state !== 'RUNNING') return result;
    } catch (error) {
      if (!isLamError(error) || error.kind !== 'unavailable') throw error;
      if (!isAway) away();
      isAway = true;
      await sleep(RETRY_MS);
    }
  }
}
