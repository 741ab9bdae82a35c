import type { FunctionConfig } from '../contract/index.ts';
import type { PointerChange, Registry } from '../registry/index.ts';
import { requireRuntime, type Runtime } from '../runtimes/index.ts';

/**
 * Checks that a runtime can be served here, in an image where one is given. Resolves to a notice for the caller when another
 * version than the one asked for will run, else to null. Throws `LAM_DRIVER_RUNTIME_MISSING` or another error of the driver.
 */
export type Prepare = (runtime: Runtime, image: string | null) => Promise<string | null>;

/** What a change of a pointer needs. */
export interface GoLiveRooms {
  readonly registry: Registry;
  readonly prepare: Prepare;
}

/**
 * The one way in which another configuration comes to be run: validates the change, checks that what it leads to can be
 * served here, then makes it. Nothing is changed when either check throws. Notices of the checks come after those of
 * `commit`.
 */
export async function goLive<A extends object>(
  { registry, prepare }: GoLiveRooms,
  name: string,
  change: PointerChange,
  commit: () => Promise<A>,
): Promise<A & { readonly notices: readonly string[] }> {
  // An invalid request is reported before a missing interpreter.
  const { runtime, image }: FunctionConfig = await registry.rehearse(name, change);
  const notice = await prepare(requireRuntime(runtime), image);
  const answer = await commit();
  const notices = noticesOf(answer);
  return { ...answer, notices: notice === null ? notices : [...notices, notice] };
}

function noticesOf(answer: { readonly notices?: readonly string[] }): readonly string[] {
  return answer.notices ?? [];
}
