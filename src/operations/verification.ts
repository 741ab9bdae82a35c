import type { AliasRouting, FunctionName, VersionCheck, VersionNumber } from '../contract/index.ts';
import { asLamError, lamError, LamError } from '../errors/index.ts';
import type { CheckMark, PointerChange, Registry, Rehearsed, Revision } from '../registry/index.ts';

/** Why a version's code could not be loaded, in the function's own words. */
export interface LoadFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  /** One line each; empty where the runtime gave none. */
  readonly stackTrace: readonly string[];
  /** The last lines that the code printed while it was loaded, oldest first. */
  readonly output: readonly string[];
}

/** Loads versions in sandboxes before they go live. */
export interface Verifier {
  /**
   * Resolves to undefined once a sandbox of the version has loaded its code, at once if one has since the daemon
   * started; else to the reason. The sandbox stays warm. Rejects when no sandbox could be started for a reason outside
   * the code, and with `LAM_POOL_CANCELLED` when `signal` aborts.
   */
  load(revision: Revision, signal: AbortSignal | undefined): Promise<LoadFailure | undefined>;
  /** Ends what was started for a version that was not published. */
  discard(revision: Revision): Promise<void>;
}

/** A change whose version is checked. */
export interface CheckedChange {
  readonly name: FunctionName;
  readonly change: PointerChange;
  /** What the change leads to. */
  readonly target: Rehearsed;
  /** What runs here instead of what is configured; null or absent for nothing else. */
  readonly notice?: string | null;
}

/** One of the versions that a change leads to. */
interface CheckedVersion extends CheckedChange {
  readonly revision: Revision;
}

/** Errors after which nothing is kept: there is nobody to tell, or nothing may be written any more. */
const LEAVING: ReadonlySet<string> = new Set(['LAM_POOL_CANCELLED', 'LAM_POOL_CLOSED']);

/**
 * Checks that the version which a change leads to can load its code, unless the change asks for no check or the version
 * is live and passed before. Resolves to the mark for the version's record. When the check fails, keeps a new version
 * of an existing function without moving a pointer, then throws `LAM_OPERATIONS_CHECK_FAILED`, or the error of the
 * place, whose message says what was kept.
 */
export async function verify(
  registry: Registry,
  verifier: Verifier,
  checked: CheckedChange,
  signal: AbortSignal | undefined,
): Promise<CheckMark> {
  const { change, target } = checked;
  const { revision, others, exists, live, check } = target;
  if (requestOf(change).verify === false)
    return exists ? undefined : { check: { result: 'skipped', reason: '--no-verify, or verify: false in lam.yaml' } };
  for (const other of others)
    if (other.version !== live) await load(registry, verifier, { ...checked, revision: other }, signal);
  if (revision.version === live && check === undefined) return undefined;
  await load(registry, verifier, { ...checked, revision }, signal);
  return { check: null };
}

/** Loads one of the versions that a change leads to. Throws as {@link verify} does. */
async function load(
  registry: Registry,
  verifier: Verifier,
  checked: CheckedVersion,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name, revision } = checked;
  let failure: LoadFailure | undefined;
  try {
    failure = await verifier.load(revision, signal);
  } catch (thrown) {
    const error = asLamError(thrown);
    if (LEAVING.has(error.code)) throw error;
    const kept = await keep(registry, checked, { result: 'skipped', reason: error.message });
    throw unchecked(error, checked, kept);
  }
  if (signal?.aborted === true) throw lamError('LAM_POOL_CANCELLED', { name });
  if (failure === undefined) return;
  const { errorType, errorMessage } = failure;
  const reason = oneLine(`${errorType}: ${errorMessage}`);
  const kept = await keep(registry, checked, { result: 'failed', reason });
  throw lamError('LAM_OPERATIONS_CHECK_FAILED', {
    ...aboutCheck(checked, kept),
    reason,
    ...failure,
    ...(typeof checked.notice === 'string' ? { notice: checked.notice } : {}),
  });
}

/**
 * Keeps the new version of a change that did not go live, and marks an existing one. Returns whether the version
 * exists now: one of a function that does not exist yet is not kept, nor is one of a dry run.
 */
async function keep(
  registry: Registry,
  { name, change, target, revision }: CheckedVersion,
  check: VersionCheck,
): Promise<boolean> {
  // Another version of a divided alias.
  if (revision !== target.revision) return true;
  const isKept = target.live !== undefined && requestOf(change).dryRun !== true;
  if (isKept) await registry.keep(name, change, { ...check, reason: oneLine(check.reason) });
  return isKept || target.exists;
}

interface About {
  readonly name: FunctionName;
  readonly version: VersionNumber;
  readonly live: VersionNumber | null;
  readonly kept: boolean;
  readonly command: string | null;
}

/** What messages about a check need besides its outcome. */
function aboutCheck({ name, change, target, revision }: CheckedVersion, kept: boolean): About {
  const { version } = revision;
  return { name, version, live: target.live ?? null, kept, command: commandOf({ name, change, target }, kept) };
}

/** The command that makes the change without a check; null where only the caller knows all of it. */
function commandOf({ name, change, target }: CheckedChange, kept: boolean): string | null {
  const { version } = target.revision;
  const rollback = `lam rollback ${name} v${version} --no-verify`;
  switch (change.kind) {
    case 'publish':
      // Flags and sources of the deploy are part of the version that was kept.
      return kept && version !== target.live ? rollback : `lam deploy ${name} --no-verify`;
    case 'configure':
      return null;
    case 'rollback':
      return rollback;
    case 'alias':
      return `lam alias set ${name} ${change.alias} v${version}${routingFlags(change.request.routing)} --no-verify`;
  }
}

/** The flags of `lam alias set` that divide an alias so, each after a space. */
function routingFlags({ weights, sticky }: AliasRouting = { weights: {} }): string {
  const shares = Object.entries(weights).map(([version, percent]) => ` --weight ${version}=${percent}`);
  // Names of headers may have characters that mean something to a shell.
  const header = sticky === undefined || /^[\w.-]+$/.test(sticky) ? sticky : `'${sticky.replaceAll("'", `'\\''`)}'`;
  return shares.join('') + (header === undefined ? '' : ` --sticky ${header}`);
}

/** The error of a place where the check could not be made, with what became of the version and the way without a check. */
function unchecked(error: LamError, checked: CheckedVersion, kept: boolean): LamError {
  const { name, version, live, command } = aboutCheck(checked, kept);
  const state = live === version ? 'is live' : kept ? 'is kept, not live' : 'is not published';
  const way = `without the check: ${command ?? 'repeat the command with --no-verify'}`;
  // Hints of the place may name commands about the function, which needs to exist for them.
  const hint = kept ? error.hint : 'correct that and deploy again';
  return new LamError(
    error.code,
    {
      message: `${error.message}; v${version} of '${name}' could not be checked and ${state}`,
      hint: hint === undefined ? way : `${hint}; ${way}`,
      details: { ...error.details, version, kept },
    },
    error,
  );
}

/** Longest reason in a version's record (characters). */
const REASON_LENGTH = 300;

/** The first line, as it fits in a version's record. */
function oneLine(text: string): string {
  return text.split('\n', 1).join('').slice(0, REASON_LENGTH);
}

/** The request of a change. */
export function requestOf(change: PointerChange): { readonly verify?: boolean; readonly dryRun?: boolean } {
  return change.kind === 'configure' ? change.patch : change.request;
}
