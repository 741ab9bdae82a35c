import assert from 'node:assert/strict';
import { Pool, type InitFailure, type Acquisition, type PoolOptions } from '../../src/pool/index.ts';
import { MemoryDriver, type Script } from './memory-driver.ts';
import { VirtualClock } from './virtual-clock.ts';

/**
 * A real pool over sandboxes in memory, and the clock of both. `attached`: sandboxes whose hooks received their
 * session.
 */
export function poolHouse(
  script: Script = {},
  limits: Partial<PoolOptions> = {},
): { readonly clock: VirtualClock; readonly driver: MemoryDriver; readonly pool: Pool; readonly attached: string[] } {
  const clock = new VirtualClock();
  const driver = new MemoryDriver(clock, script);
  const attached: string[] = [];
  const pool = new Pool({
    driver,
    clock,
    memoryBudgetMiB: 4096,
    cores: 2,
    hooksFor: (_revision, id) => ({
      onLog: () => undefined,
      onProtocolError: () => undefined,
      attached: () => void attached.push(id),
    }),
    ...limits,
  });
  return { clock, driver, pool, attached };
}

/** Functions on `provided` find no stems, so that what is created is theirs. */
export const NO_STEMS: Script = { hasStems: ({ family }) => family !== 'provided' };

/** The acquired, where the answer is one. */
export function assertAcquired(answer: Acquisition | InitFailure): Acquisition {
  assert.ok(!('kind' in answer), 'a acquired and not a failed init');
  return answer;
}
