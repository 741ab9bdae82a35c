import { systemClock, type Clock } from '../../src/kit/index.ts';
import { joinObservers, type Observer } from '../../src/observer/index.ts';
import { Pool, type PoolRevision } from '../../src/pool/index.ts';
import { Router } from '../../src/router/index.ts';
import { logHouse, type LogHouse } from './log-house.ts';
import { MemoryDriver, type Script } from './memory-driver.ts';
import { revision } from './revisions.ts';

const HELLO = revision('hello', 3);

export interface RouterHouse extends AsyncDisposable {
  readonly router: Router;
  readonly pool: Pool;
  readonly driver: MemoryDriver;
  readonly logs: LogHouse;
  resolve: () => PoolRevision;
}

/**
 * A real router and pool over sandboxes in memory; each request runs the version of `resolve`, initially `hello` v3.
 */
export async function routerHouse(
  script: Script,
  clock: Clock = systemClock,
  ...watching: readonly Observer[]
): Promise<RouterHouse> {
  const logs = await logHouse({ keepBytes: 64 * 1024 * 1024 });
  const driver = new MemoryDriver(clock, script);
  const observers = joinObservers(watching, (what) => void logs.troubles.push(what));
  const pool: Pool = new Pool({
    driver,
    clock,
    memoryBudgetMiB: 4096,
    cores: 2,
    observers,
    hooksFor: (r, id) => router.hooksFor(r, id, () => undefined),
  });
  const made: RouterHouse = {
    router: new Router({ pool, logs: logs.logs, clock, resolve: () => made.resolve(), observers }),
    pool,
    driver,
    logs,
    resolve: () => HELLO,
    async [Symbol.asyncDispose]() {
      await pool.close(0);
      await logs[Symbol.asyncDispose]();
    },
  };
  const { router } = made;
  return made;
}
