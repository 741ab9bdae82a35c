import type { Arns, FunctionName, VersionCheck, VersionNumber } from '../contract/index.ts';
import type { VersionRecord } from '../store/index.ts';
import { sameConfig } from './config.ts';
import { makeRevision, type Revision } from './revision.ts';

/** What a change would lead to. */
export interface Rehearsed {
  /** The version that its pointer would lead to. */
  readonly revision: Revision;
  /** Further versions among which an alias divides its requests. */
  readonly others: readonly Revision[];
  /** Whether that version is published already. */
  readonly exists: boolean;
  /** The version that is live now; undefined for a new function. */
  readonly live: VersionNumber | undefined;
  /** Mark of the version. */
  readonly check: VersionCheck | undefined;
}

/**
 * Revisions of versions that are not published yet, so that their code can be loaded before. A version that is then
 * published with the same code and configuration keeps its revision, and with it the sandboxes that the pool has for it.
 */
export class Proposals {
  readonly #revisions = new Map<string, Revision>();
  readonly #arns: Arns;

  constructor(arns: Arns) {
    this.#arns = arns;
  }

  /** Returns the revision of a version to be; the same object until it is forgotten. */
  propose(name: FunctionName, version: VersionRecord): Revision {
    const known = this.adopt(name, version);
    if (known !== undefined) return known;
    // As the catalogue will read it, and frozen.
    const stored = JSON.parse(JSON.stringify(version)) as VersionRecord;
    const revision = makeRevision(name, stored, this.#arns);
    this.#revisions.set(revision.key, revision);
    return revision;
  }

  /** Returns the revision that was proposed for this version, if its code and configuration are the same. */
  adopt(name: FunctionName, { version, artifact, config }: VersionRecord): Revision | undefined {
    const revision = this.#revisions.get(`${name}@${version}`);
    if (revision === undefined || revision.artifact !== artifact) return undefined;
    return sameConfig(revision.config, config) ? revision : undefined;
  }

  forget(revision: Revision): void {
    if (this.#revisions.get(revision.key) === revision) this.#revisions.delete(revision.key);
  }
}
