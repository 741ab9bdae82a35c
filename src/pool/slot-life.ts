import { LIMITS, type CallRight, type FunctionName, type SandboxId, newSandboxId } from '../contract/index.ts';
import { asLamError, lamError } from '../errors/index.ts';
import type { Clock, MonotonicMs } from '../kit/index.ts';
import type { Sandbox, SandboxDriver, VacatedPlace } from '../driver/sandbox.ts';
import type { ExitStatus, InitOutcome, SessionHooks } from '../executor/session.ts';
import type { EndReason } from '../observer/index.ts';
import type { Capacity } from './capacity.ts';
import { boundFor, initRequestFor, specFor, type EnvironmentOf } from './environment.ts';
import type { InitFailure, Waiter } from './acquisition.ts';
import { Slot, type Group } from './group.ts';
import { isPlaceFault, wasKilledFromOutside } from './place-faults.ts';
import type { PoolRevision } from './revision.ts';
import type { StemRack } from './stem-rack.ts';
import type { Stem } from './stem.ts';
import type { VacatedPlaces } from './vacated-places.ts';

/** Start-up caches of earlier sandboxes, which make loading the same code faster. */
export interface StartupCacheSource {
  /**
   * Returns the cache for this code and interpreter; without one, whether the sandbox should make it. Never rejects.
   */
  find(
    revision: PoolRevision,
    interpreter: string,
  ): Promise<{ readonly cache: Uint8Array | undefined; readonly isWanted: boolean }>;
  keep(revision: PoolRevision, interpreter: string, cache: Uint8Array): void;
}

/** Rights of sandboxes to call functions. */
export interface CallRightSource {
  /** Returns the right of a sandbox, always the same; undefined where functions cannot call others. */
  grant(id: SandboxId, functionName: FunctionName): CallRight | undefined;
  /** Idempotent. */
  revoke(id: SandboxId): void;
}

export interface SlotLifeOptions {
  readonly driver: SandboxDriver;
  readonly clock: Clock;
  readonly capacity: Capacity;
  readonly rack: StemRack;
  readonly places: VacatedPlaces;
  readonly startupCaches: StartupCacheSource | undefined;
  readonly callRights: CallRightSource | undefined;
  readonly hooksFor: (revision: PoolRevision, id: SandboxId) => SessionHooks;
  /** Called when its init succeeded and it may serve. */
  readonly onReady: (slot: Slot) => void;
  /** Called when sandboxes of its version would start faster from an archive that does not exist. */
  readonly onArchiveLacking: (revision: PoolRevision) => void;
  /** Called when it could not be started, after it was ended. */
  readonly onFailed: (slot: Slot, failure: StartFailure) => void;
  /** Called when a boot slot or memory is free again. */
  readonly onFreed: () => void;
  /** Called when it holds no resources any more. */
  readonly onGone: (slot: Slot) => void;
}

/**
 * Why a sandbox could not be started. `stem`: only its stem failed; `place`: a reason outside its code, so that another
 * sandbox may start; `code`: its init failed, or what it needs is missing. `tell` passes the reason to one waiter.
 */
export type StartFailure =
  | { readonly cause: 'stem' }
  | { readonly cause: 'place' | 'code'; readonly tell: (waiter: Waiter) => void };

/** Starts the sandboxes of versions, from a stem where there is one, and ends them. */
export class SlotLife {
  readonly #options: SlotLifeOptions;
  /** Versions whose code was loaded at least once. */
  readonly #loaded = new WeakSet<PoolRevision>();

  constructor(options: SlotLifeOptions) {
    this.#options = options;
  }

  /** Starts a sandbox; memory and a boot slot must be free, unless a stem is ready. */
  start(group: Group, now: MonotonicMs, isOnDemand: boolean): void {
    const { capacity, rack, places, onFreed } = this.#options;
    const { revision } = group;
    // A stem would have a /tmp of its own; its memory is the room that the caller has made, if there is no other.
    const place = capacity.fits(revision.config.memoryMiB) ? places.take(revision) : undefined;
    const stem = place === undefined ? rack.acquire(group.stemKey) : undefined;
    const slot = new Slot(stem?.id ?? newSandboxId(), group, now, isOnDemand);
    if (stem === undefined) capacity.started(slot);
    else {
      capacity.transferred(stem, slot);
      slot.madeBy = 'stem';
    }
    slot.tell(stem === undefined ? 'booting' : 'bound');
    void this.#boot(slot, stem, place).then(() => {
      capacity.booted(slot);
      onFreed();
    });
  }

  /** Whether a sandbox of this version has loaded its code since the daemon started. */
  hasLoaded(revision: PoolRevision): boolean {
    return this.#loaded.has(revision);
  }

  /** Drains and destroys it without waiting for running invocations. Idempotent. */
  end(slot: Slot, reason: EndReason): void {
    this.drain(slot, reason);
    this.destroy(slot);
  }

  /** Ends it as {@link SlotLife.end} does, but keeps its `/tmp` for the next sandbox of its version. */
  vacate(slot: Slot, reason: EndReason): void {
    this.drain(slot, reason);
    this.#options.callRights?.revoke(slot.id);
    const { sandbox } = slot;
    if (sandbox?.vacate === undefined) {
      this.destroy(slot);
      return;
    }
    const vacated = sandbox.vacate().catch(() => undefined);
    this.#options.places.keep(slot.revision, vacated);
    void vacated.then(() => this.#forget(slot));
  }

  /** Drains it: no new work, and {@link SlotLife.destroy} once nothing runs in it. Idempotent. */
  drain(slot: Slot, reason: EndReason): void {
    if (slot.state === 'draining' || slot.state === 'gone') return;
    if (slot.state === 'idle') slot.group.removeIdle(slot);
    slot.endReason = reason;
    slot.step('drain');
    slot.endingSince = this.#options.clock.monotonic();
    this.#options.capacity.draining(slot);
  }

  /** Destroys a drained sandbox. One that still boots is destroyed when its boot ends, which checks the state. */
  destroy(slot: Slot): void {
    if (slot.sandbox === undefined) return;
    this.#options.callRights?.revoke(slot.id);
    const gone = (): void => this.#forget(slot);
    void slot.sandbox.destroy().then(gone, gone);
  }

  /** Never rejects. */
  async #boot(slot: Slot, stem: Stem | undefined, place: Promise<VacatedPlace | undefined> | undefined): Promise<void> {
    let sandbox: Sandbox;
    try {
      sandbox = stem === undefined ? await this.#create(slot, place) : await this.#adopt(slot, stem);
    } catch (thrown) {
      this.#lost(slot, stem, thrown);
      return;
    }
    void sandbox.exited.then((exit) => this.#exited(slot, exit));
    // Drained while it booted.
    if (!slot.is('booting') && !slot.is('stem')) {
      this.destroy(slot);
      return;
    }
    slot.step(stem === undefined ? 'booted' : 'bind');
    try {
      await this.#init(slot, sandbox, stem !== undefined);
    } catch (thrown) {
      this.#lost(slot, stem, thrown);
    }
  }

  /** Handles a sandbox that could not be booted or bound, for a reason outside its code. */
  #lost(slot: Slot, stem: Stem | undefined, thrown: unknown): void {
    // Drained in the meantime: its queue was rejected then.
    const wasDrained = slot.is('draining') || slot.is('gone');
    this.end(slot, stem === undefined ? 'boot-failed' : 'bind-failed');
    // Before its memory is freed, because that pumps the queue, which would start another sandbox in vain.
    if (!wasDrained && stem === undefined) {
      const error = asLamError(thrown);
      const cause = isPlaceFault(error) ? 'place' : 'code';
      this.#options.onFailed(slot, { cause, tell: (waiter) => waiter.reject(error) });
    }
    if (slot.sandbox === undefined) this.#forget(slot);
    if (wasDrained || stem === undefined) return;
    this.#options.rack.bindFailed(slot.group.stemKey, thrown);
    this.#options.onFailed(slot, { cause: 'stem' });
  }

  async #create(slot: Slot, place: Promise<VacatedPlace | undefined> | undefined): Promise<Sandbox> {
    const hooks = this.#hooksOf(slot);
    const spec = specFor(slot.revision, this.#environmentOf(slot));
    const sandbox = await this.#options.driver.create(spec, hooks, place);
    slot.sandbox = sandbox;
    hooks.attached?.(sandbox.session);
    return sandbox;
  }

  async #adopt(slot: Slot, stem: Stem): Promise<Sandbox> {
    const wasBooted = stem.sandbox !== undefined;
    const sandbox = stem.sandbox ?? (await stem.booted);
    slot.sandbox = sandbox;
    if (!wasBooted) slot.tell('booted');
    if (!slot.is('booting')) return sandbox;
    this.#options.capacity.booted(slot);
    slot.step('booted-stem');
    stem.hooks.handTo(this.#hooksOf(slot));
    await sandbox.bind(boundFor(slot.revision, this.#environmentOf(slot)));
    return sandbox;
  }

  #environmentOf(slot: Slot): EnvironmentOf {
    const { clock, callRights } = this.#options;
    const { id, isOnDemand, functionName, state, group } = slot;
    // One that is drained already would keep its right.
    const callRight = state === 'draining' || state === 'gone' ? undefined : callRights?.grant(id, functionName);
    if (group.concurrency === 1) slot.soleCaller = callRight?.caller;
    return { sandboxId: id, now: new Date(clock.now()), isOnDemand, callRight };
  }

  #hooksOf(slot: Slot): SessionHooks {
    const { hooksFor, startupCaches } = this.#options;
    const { revision } = slot;
    const hooks = hooksFor(revision, slot.id);
    if (startupCaches === undefined) return hooks;
    return Object.assign(hooks, {
      onStartupCache: (interpreter: string, cache: Uint8Array) => {
        // One that is drained may have loaded code that was altered.
        if (!slot.is('draining')) startupCaches.keep(revision, interpreter, cache);
      },
    });
  }

  async #init(slot: Slot, sandbox: Sandbox, wasStem: boolean): Promise<void> {
    const { clock, startupCaches, rack } = this.#options;
    const { revision, group } = slot;
    const { session } = sandbox;
    const limitMs = Math.max(LIMITS.initMs, revision.config.timeoutMs);
    const bootedAt = clock.monotonic();
    const known = session.interpreter === '' ? undefined : await startupCaches?.find(revision, session.interpreter);
    const request = initRequestFor(revision, {
      ...this.#environmentOf(slot),
      taskRoot: sandbox.taskRoot,
      wantStartupCache: known?.isWanted === true,
    });
    let outcome: InitOutcome = await session.init(request, limitMs, known?.cache);
    // Drained while it loaded: its queue was rejected then.
    if (!slot.is('initializing')) return;
    if (outcome.kind === 'ready' && slot.exit !== undefined) outcome = { kind: 'exit', exit: slot.exit };
    if (wasStem && wasKilled(outcome))
      throw lamError('LAM_DRIVER_START_FAILED', { function: '', reason: 'one was killed' });
    const now = clock.monotonic();
    if (outcome.kind !== 'ready') {
      const { id: sandboxId, revision } = slot;
      const failure: InitFailure = {
        kind: 'init-failed',
        revision,
        outcome,
        sandboxId,
        initMs: now - bootedAt,
        limitMs,
        start: slot.madeBy,
        maxMemoryMiB: sandbox.peakMemoryMiB(),
      };
      this.end(slot, 'init-failed');
      const cause = wasKilledFromOutside(outcome) ? 'place' : 'code';
      this.#options.onFailed(slot, { cause, tell: (waiter) => waiter.resolve(failure) });
      return;
    }
    slot.initMs = outcome.durationMs;
    (wasStem ? rack.bindMs : group.cold).add(now - slot.startedAt);
    group.failedStarts = 0;
    group.placeFaults.succeeded(now);
    slot.step('ready');
    this.#loaded.add(revision);
    if (sandbox.lacksArchive === true) this.#options.onArchiveLacking(revision);
    this.#options.onReady(slot);
  }

  /** Handles the exit of its process. Running invocations and a pending init report it by their outcome. */
  #exited(slot: Slot, exit: ExitStatus): void {
    slot.exit = exit;
    if (slot.state === 'idle') this.vacate(slot, 'exited');
  }

  #forget(slot: Slot): void {
    this.#options.callRights?.revoke(slot.id);
    if (!slot.group.slots.delete(slot)) return;
    slot.step('exited');
    this.#options.capacity.gone(slot);
    this.#options.onGone(slot);
    this.#options.onFreed();
  }
}

/**
 * Whether a signal ended the process, perhaps while it was a stem. If the code kills its own process while it loads,
 * the next sandbox, which does not come from a stem, shows it.
 */
function wasKilled(outcome: InitOutcome): boolean {
  return outcome.kind === 'exit' && outcome.exit.signal !== null && !outcome.exit.outOfMemory;
}
