import {
  LATEST,
  VERSION_NUMBER,
  unpackedSize,
  type AliasRequest,
  type ConfigPatch,
  type FunctionDetail,
  type FunctionSummary,
  type GcAnswer,
  type GcRequest,
  type PublishAnswer,
  type PublishRequest,
  type RollbackAnswer,
  type RollbackRequest,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import { planGc, type ArtifactStore, type Catalogue, type CatalogueData, type VersionName } from '../store/index.ts';
import * as changes from './changes.ts';
import { checkName, functionNotFound, requireRecord } from './records.ts';
import { makeRevision, type Revision } from './revision.ts';
import { liveRoutes, type RouteTable } from './routes.ts';
import { detailOf, summaryOf, type Surroundings } from './views.ts';

/** Something that others must act on; told after it is on the disk. */
export interface RegistryChange {
  readonly name: string;
  /** `deleted`: the whole function. */
  readonly kind: 'live-moved' | 'deleted' | 'version-deleted';
  /** The version that was live, or that was deleted. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface RegistryOptions {
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly around: Surroundings;
}

interface Resolved {
  live: Revision;
  readonly versions: Map<string, Revision>;
  readonly aliases: Map<string, Revision>;
}

/**
 * What is deployed: functions, their immutable versions, and the pointers to them. Reads are synchronous and from
 * memory; a change is seen by readers only once it is on the disk.
 */
export class Registry {
  readonly #catalogue: Catalogue;
  readonly #artifacts: ArtifactStore;
  readonly #clock: Clock;
  readonly #around: Surroundings;
  readonly #resolved = new Map<string, Resolved>();
  readonly #listeners = new Set<(change: RegistryChange) => void>();
  #routes: RouteTable;

  constructor(options: RegistryOptions) {
    this.#catalogue = options.catalogue;
    this.#artifacts = options.artifacts;
    this.#clock = options.clock;
    this.#around = options.around;
    for (const name of Object.keys(this.#catalogue.data.functions)) this.#index(name);
    this.#routes = { change: 1, routes: liveRoutes(this.#catalogue.data) };
  }

  /**
   * The revision that `name` runs for a qualifier: a version number, an alias, or undefined (or `$LATEST`) for the live
   * pointer. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`.
   */
  resolve(name: string, qualifier?: string): Revision {
    const found = this.#resolved.get(name);
    if (found === undefined) throw functionNotFound(name, this.#resolved.keys());
    if (qualifier === undefined || qualifier === LATEST) return found.live;
    const revision = found.versions.get(qualifier) ?? found.aliases.get(qualifier);
    if (revision !== undefined) return revision;
    if (VERSION_NUMBER.test(qualifier)) throw lamError('LAM_REGISTRY_VERSION_NOT_FOUND', { name, version: qualifier });
    throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias: qualifier });
  }

  /** Whether a function of this name is deployed. */
  has(name: string): boolean {
    return this.#resolved.has(name);
  }

  /** The routes of all live versions; the same object until they change. */
  routes(): RouteTable {
    return this.#routes;
  }

  /** By name. */
  list(): FunctionSummary[] {
    const { functions } = this.#catalogue.data;
    return Object.keys(functions)
      .toSorted()
      .map((name) => summaryOf(requireRecord(this.#catalogue.data, name), this.#around));
  }

  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  detail(name: string): FunctionDetail {
    return detailOf(requireRecord(this.#catalogue.data, name), this.#around);
  }

  /**
   * Publishes the next version and makes it live; does nothing when it is what is live. Throws
   * `LAM_REGISTRY_INVALID_NAME`, `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`, `LAM_REGISTRY_ROUTE_CONFLICT`,
   * `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`, or what writing throws.
   */
  async publish(name: string, request: PublishRequest): Promise<PublishAnswer> {
    checkName(name);
    const release = this.#artifacts.pin(request.artifact);
    try {
      const size = unpackedSize(await this.#artifacts.manifest(request.artifact));
      const apply = (draft: CatalogueData): changes.Published => changes.publish(draft, name, { ...request, size }, this.#context());
      const done =
        request.dryRun === true
          ? this.#catalogue.rehearse(apply)
          : await this.#change(name, apply, (r) => (r.unchanged ? [] : [moved(name, r)]));
      if (request.dryRun !== true) this.#artifacts.settle(request.artifact);
      return this.#answer(name, done);
    } finally {
      release();
    }
  }

  /** Changes settings that win over those of deploys; publishes a version when that makes a difference. */
  async patchConfig(name: string, patch: ConfigPatch): Promise<PublishAnswer> {
    const done = await this.#change(
      name,
      (draft) => changes.patchConfig(draft, name, patch, this.#context()),
      (r) => (r.unchanged ? [] : [moved(name, r)]),
    );
    return this.#answer(name, done);
  }

  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one; again and again goes
   * further back. Throws `LAM_REGISTRY_NO_PREVIOUS_VERSION`, `LAM_REGISTRY_VERSION_NOT_FOUND`, `LAM_REGISTRY_ALREADY_LIVE`
   * or `LAM_REGISTRY_ROUTE_CONFLICT`.
   */
  async rollback(name: string, request: RollbackRequest): Promise<RollbackAnswer> {
    const apply = (draft: CatalogueData): { from: number; to: number } => changes.rollback(draft, name, request, this.#context());
    // What is warm is counted before others are told to replace it.
    const warmOf = (to: number): number => this.#around.warm(this.resolve(name, String(to)));
    if (request.dryRun === true) {
      const { from, to } = this.#catalogue.rehearse(apply);
      return { name, from, to, warm: warmOf(to) };
    }
    const { from, to } = await this.#change(name, apply, (r) => [moved(name, r)]);
    return { name, from, to, warm: warmOf(to) };
  }

  /** Points an alias at a version, making it if need be. */
  async setAlias(name: string, alias: string, request: AliasRequest): Promise<{ readonly from: number | null; readonly to: number }> {
    return this.#change(name, (draft) => changes.setAlias(draft, name, { ...request, alias }, this.#context()));
  }

  /** Resolves to the version the alias pointed at. Throws `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  async deleteAlias(name: string, alias: string, request: Omit<AliasRequest, 'version'> = {}): Promise<number> {
    return this.#change(name, (draft) => changes.deleteAlias(draft, name, { ...request, alias }, this.#context()));
  }

  /** Removes a function, its versions and aliases. A later function of this name goes on with the next number. */
  async deleteFunction(name: string): Promise<void> {
    await this.#change(
      name,
      (draft) => changes.deleteFunction(draft, name),
      (live) => [{ name, kind: 'deleted', from: live, to: null }],
    );
  }

  /** Throws `LAM_REGISTRY_VERSION_IN_USE` for a live or aliased version. */
  async deleteVersion(name: string, version: number): Promise<void> {
    await this.dropVersions([{ name, version }]);
  }

  /** Removes many versions in one change: all or none. */
  async dropVersions(versions: readonly VersionName[]): Promise<void> {
    await this.#catalogue.mutate(
      (draft) => changes.deleteVersions(draft, versions),
      () => this.#dropped(versions),
    );
  }

  /**
   * Removes versions past the newest `keep` of each function that are neither live nor aliased nor `isBusy`, then
   * artifacts and files that nothing uses. With `dryRun` it only says what would go.
   */
  async gc(request: GcRequest, isBusy?: (name: string, version: number) => boolean): Promise<GcAnswer> {
    const dryRun = request.dryRun === true;
    const versions = dryRun ? planGc(this.#catalogue.data, request.keep, isBusy) : await this.#dropOld(request.keep, isBusy);
    const gone = new Set(versions.map(({ name, version }) => `${name}@${version}`));
    const garbage = await this.#artifacts.collect((digest) => this.#usesArtifact(digest, gone), dryRun);
    return { versions, artifacts: garbage.artifacts.length, files: garbage.objects.length, bytes: garbage.bytes };
  }

  /** Calls `listener` after each change; the result stops that. */
  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #dropOld(keep: number, isBusy?: (name: string, version: number) => boolean): Promise<VersionName[]> {
    return this.#catalogue.mutate(
      (draft) => {
        const versions = planGc(draft, keep, isBusy);
        changes.deleteVersions(draft, versions);
        return versions;
      },
      (versions) => this.#dropped(versions),
    );
  }

  #dropped(versions: readonly VersionName[]): void {
    for (const name of new Set(versions.map((v) => v.name))) this.#index(name);
    this.#tell(versions.map(({ name, version }) => ({ name, kind: 'version-deleted', from: version, to: null })));
  }

  #usesArtifact(digest: string, gone: ReadonlySet<string>): boolean {
    for (const { versions } of this.#resolved.values()) {
      for (const revision of versions.values()) if (revision.artifact === digest && !gone.has(revision.key)) return true;
    }
    return false;
  }

  #change<T>(name: string, apply: (draft: CatalogueData) => T, told: (result: T) => RegistryChange[] = () => []): Promise<T> {
    return this.#catalogue.mutate(apply, (result) => {
      this.#index(name);
      this.#refreshRoutes();
      this.#tell(told(result));
    });
  }

  /** Brings what {@link resolve} reads up to date with one function's record, keeping revisions that still exist. */
  #index(name: string): void {
    const { functions } = this.#catalogue.data;
    const record = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (record === undefined) {
      this.#resolved.delete(name);
      return;
    }
    const before = this.#resolved.get(name)?.versions;
    const versions = new Map<string, Revision>();
    for (const [number, version] of Object.entries(record.versions)) {
      versions.set(number, before?.get(number) ?? makeRevision(name, version, this.#artifacts.pathOf(version.artifact)));
    }
    const at = (version: number): Revision => {
      const revision = versions.get(String(version));
      if (revision === undefined) throw lamError('LAM_INTERNAL_INVARIANT', { what: `version ${version} of '${name}' exists` });
      return revision;
    };
    const aliases = new Map(Object.entries(record.aliases).map(([alias, version]) => [alias, at(version)]));
    this.#resolved.set(name, { live: at(record.live), versions, aliases });
  }

  #refreshRoutes(): void {
    const routes = liveRoutes(this.#catalogue.data);
    const before = this.#routes.routes;
    const same =
      routes.length === before.length && routes.every((r, i) => r.route === before[i]?.route && r.functionName === before[i].functionName);
    if (!same) this.#routes = { change: this.#routes.change + 1, routes };
  }

  #tell(all: readonly RegistryChange[]): void {
    for (const change of all) for (const listener of this.#listeners) listener(change);
  }

  #answer(name: string, done: changes.Published): PublishAnswer {
    return { name, version: done.to, unchanged: done.unchanged, previous: done.from, url: this.#around.url(name), notices: done.notices };
  }

  #context(): changes.ChangeContext {
    return { now: this.#clock.now() };
  }
}

function moved(name: string, { from, to }: { from: number | null; to: number }): RegistryChange {
  return { name, kind: 'live-moved', from, to };
}
