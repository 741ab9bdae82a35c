import { Mutex } from '../kit/index.ts';
import type { PointerChange, Registry } from '../registry/index.ts';
import { requireRuntime, type Runtime } from '../runtimes/index.ts';
import type { FunctionName } from '../contract/index.ts';

/**
 * Checks that a runtime can be served here, in `image` if it is not null. Resolves to a notice for the caller if
 * another version than the configured one will run, else to null. Throws `LAM_DRIVER_RUNTIME_MISSING` or another error
 * of the driver.
 */
export type Prepare = (runtime: Runtime, image: string | null) => Promise<string | null>;

/** Rooms that a pointer change uses. */
export interface GoLiveRooms {
  readonly registry: Registry;
  readonly prepare: Prepare;
}

/**
 * Makes another configuration live; every such change passes through here. Validates the change, checks that the
 * resulting configuration can be served here, then calls `commit`. Changes nothing if either check throws. Returns the
 * notices of `commit`, then those of the checks.
 */
export type GoLive = <A extends object>(
  name: FunctionName,
  change: PointerChange,
  commit: () => Promise<A>,
) => Promise<A & { readonly notices: readonly string[] }>;

/** Creates the {@link GoLive} of one daemon. */
export function createGoLive({ registry, prepare }: GoLiveRooms): GoLive {
  // Not held while a driver prepares, because that may take minutes.
  const commits = new Mutex();
  return async (name, change, commit) => {
    // An invalid request is reported before a missing interpreter.
    let target = await registry.rehearse(name, change);
    for (;;) {
      const { runtime, image } = target;
      const notice = await prepare(requireRuntime(runtime), image);
      const answer = await commits.run(async () => {
        target = await registry.rehearse(name, change);
        // A change that went live in the meantime may have altered what this one leads to.
        return target.runtime === runtime && target.image === image ? commit() : undefined;
      });
      if (answer === undefined) continue;
      const notices = noticesOf(answer);
      return { ...answer, notices: notice === null ? notices : [...notices, notice] };
    }
  };
}

function noticesOf(answer: { readonly notices?: readonly string[] }): readonly string[] {
  return answer.notices ?? [];
}
