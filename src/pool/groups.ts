import type { Group } from './group.ts';
import { Traffic } from './policy/index.ts';
import type { PoolRevision } from './revision.ts';
import type { FunctionName, VersionNumber } from '../contract/index.ts';

/**
 * All groups of the pool, and the traffic of each function. Keeps no state for functions never called; there may be
 * thousands.
 */
export class Groups implements Iterable<Group> {
  readonly #make: (revision: PoolRevision, traffic: Traffic) => Group;
  readonly #groups: Map<PoolRevision, Group> = new Map();
  /** By function, all versions together. */
  readonly #traffic: Map<string, Traffic> = new Map();
  /** Dropped groups that still have sandboxes. */
  readonly #dropped: Set<Group> = new Set();

  constructor(make: (revision: PoolRevision, traffic: Traffic) => Group) {
    this.#make = make;
  }

  get(revision: PoolRevision): Group | undefined {
    return this.#groups.get(revision);
  }

  /** Returns the group of a version; creates it on first use. */
  ensure(revision: PoolRevision): Group {
    let group = this.#groups.get(revision);
    if (group === undefined) {
      const { functionName } = revision;
      let traffic = this.#traffic.get(functionName);
      if (traffic === undefined) this.#traffic.set(functionName, (traffic = new Traffic()));
      group = this.#make(revision, traffic);
      this.#groups.set(revision, group);
    }
    return group;
  }

  /** Whether any version of the function was called or provisioned. */
  knows(functionName: FunctionName): boolean {
    return this.#traffic.has(functionName);
  }

  /** Without the dropped ones. */
  [Symbol.iterator](): Iterator<Group> {
    return this.#groups.values();
  }

  /** With the dropped ones that still have sandboxes. */
  *all(): Generator<Group> {
    yield* this.#groups.values();
    yield* this.#dropped;
  }

  /** Removes the groups of a function, or of one version of it, and returns them. */
  drop(functionName: FunctionName, version: VersionNumber | undefined): Group[] {
    if (version === undefined) this.#traffic.delete(functionName);
    const dropped: Group[] = [];
    for (const [revision, group] of this.#groups) {
      if (!group.isOf(functionName, version)) continue;
      this.#groups.delete(revision);
      group.dropped = true;
      if (group.slots.size > 0) this.#dropped.add(group);
      dropped.push(group);
    }
    return dropped;
  }

  /** Forgets a group without sandboxes, unless it may be called again. */
  forgetEmpty(group: Group): void {
    if (group.slots.size > 0) return;
    this.#dropped.delete(group);
    const isForgettable = group.retiredSince !== undefined && group.queue.size === 0 && group.provisioned === 0;
    if (isForgettable && this.#groups.get(group.revision) === group) this.#groups.delete(group.revision);
  }
}
