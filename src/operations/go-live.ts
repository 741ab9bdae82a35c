import { lamError, type LamError } from '../errors/index.ts';
import { Lines, Mutex } from '../kit/index.ts';
import type { CheckMark, PointerChange, Registry } from '../registry/index.ts';
import { requireRuntime, type Runtime } from '../runtimes/index.ts';
import { ownAws, type FunctionConfig, type FunctionName } from '../contract/index.ts';
import { requestOf, verify, type CheckedChange, type Verifier } from './verification.ts';

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
  readonly verifier: Verifier;
}

/** A change to make. */
export interface Going<A> {
  readonly name: FunctionName;
  readonly change: PointerChange;
  /** Makes the change; records `mark` for its version. */
  readonly commit: (mark: CheckMark) => Promise<A>;
  /** Gives the change up while its version is checked. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes another configuration live; every such change passes through here. Validates the change, checks that the
 * resulting configuration can be served here and that its code can be loaded, then calls `commit`. Moves no pointer if
 * a check throws. Returns the notices of `commit`, then those of the checks.
 *
 * Changes that publish versions of one function go live in the order in which they were requested, each built on the
 * one before. Moves to existing versions do not wait for them; a publication that was overtaken by one throws
 * `LAM_OPERATIONS_OVERTAKEN`.
 */
export type GoLive = <A extends object>(going: Going<A> | LateGoing<A>) => Promise<Gone<A>>;

/** A publication that is derived from what the ones before it have led to. */
export interface LateGoing<A> {
  readonly name: FunctionName;
  /** Called once it is this one's turn. */
  readonly derive: () => Going<A>;
}

/** The answer to a change that was made. */
export type Gone<A> = A & { readonly notices: readonly string[] };

/** Creates the {@link GoLive} of one daemon. */
export function createGoLive(rooms: GoLiveRooms): GoLive {
  // Not held while a driver prepares or code is loaded, because that may take minutes.
  const commits = new Mutex();
  // Publications of each function go one after the other.
  const lines = new Lines();
  return <A extends object>(going: Going<A> | LateGoing<A>) => {
    const isLate = 'derive' in going;
    const make = (): Promise<Gone<A>> => goLive(rooms, commits, isLate ? going.derive() : going);
    return isLate || publishes(going.change) ? lines.run(going.name, make) : make();
  };
}

async function goLive<A extends object>(
  { registry, prepare, verifier }: GoLiveRooms,
  commits: Mutex,
  { name, change, commit, signal }: Going<A>,
): Promise<Gone<A>> {
  // An invalid request is reported before a missing interpreter.
  let target = await registry.rehearse(name, change);
  const { live } = target;
  const isDry = requestOf(change).dryRun === true;
  for (;;) {
    const { revision, exists } = target;
    let hasGone = false;
    try {
      const notice = await prepare(requireRuntime(revision.config.runtime), revision.config.image);
      const mark = await verify(registry, verifier, { name, change, target, notice }, signal);
      const answer = await commits.run(async () => {
        target = await registry.rehearse(name, change);
        if (publishes(change) && !isDry && target.live !== live)
          throw await overtaken(registry, { name, change, target });
        // A change that went live in the meantime may have altered what this one leads to.
        return target.revision === revision ? commit(mark) : undefined;
      });
      if (answer === undefined) continue;
      hasGone = !isDry;
      const own = [notice, oneAtATimeNotice(revision.config), ownAwsNotice(revision.config)];
      return { ...answer, notices: [...noticesOf(answer), ...own.filter((each) => each !== null)] };
    } finally {
      registry.forget(revision);
      if (!exists && !hasGone) await verifier.discard(revision);
    }
  }
}

/** The notice that a function's `concurrency` has no effect, if its runtime runs one request at a time; else null. */
function oneAtATimeNotice({ runtime, concurrency }: FunctionConfig): string | null {
  return concurrency > 1 && requireRuntime(runtime).descriptor.concurrency === 'one'
    ? `concurrency: ${concurrency} has no effect, because a sandbox of '${runtime}' runs one request at a time`
    : null;
}

/** The notice that AWS's SDKs in a function use settings of its own instead of lam's; null without any. */
function ownAwsNotice({ environment }: FunctionConfig): string | null {
  const { credentials, endpoints } = ownAws(environment);
  if (endpoints.length > 0)
    return `${endpoints.join(', ')} of its environment decides where AWS's SDKs invoke functions: not here, unless it names lam`;
  return credentials.length > 0
    ? `AWS's SDKs use ${credentials.join(', ')} of its environment, and invoke functions here all the same`
    : null;
}

/** Whether a change makes a new version. */
function publishes({ kind }: PointerChange): boolean {
  return kind === 'publish' || kind === 'configure';
}

/** Keeps the version of a publication that another change overtook, and returns the error for its caller. */
async function overtaken(registry: Registry, { name, change, target }: CheckedChange): Promise<LamError> {
  const { live, revision } = target;
  if (live !== undefined) await registry.keep(name, change, null);
  const isWhole = change.kind === 'publish';
  return lamError('LAM_OPERATIONS_OVERTAKEN', { name, version: revision.version, live: live ?? null, isWhole });
}

function noticesOf(answer: { readonly notices?: readonly string[] }): readonly string[] {
  return answer.notices ?? [];
}
