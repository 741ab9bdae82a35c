import {
  LATEST,
  VERSION_NUMBER,
  type AliasRequest,
  type ConfigPatch,
  type FunctionConfig,
  type FunctionDetail,
  type FunctionSummary,
  type GcAnswer,
  type GcRequest,
  type PublishAnswer,
  type PublishRequest,
  type RollbackAnswer,
  type RollbackRequest,
  type TriggerConfig,
  type FunctionName,
  isFunctionName,
  type Qualifier,
  type AliasName,
  versionQualifier,
  knownVersion,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import type { Clock } from '../kit/index.ts';
import {
  planGc,
  referencedArtifacts,
  type ArtifactReferences,
  type ArtifactStore,
  type Catalogue,
  type CatalogueChange,
  type CatalogueDraft,
  type FunctionRecord,
  type VersionName,
} from '../store/index.ts';
import type { TriggerKind } from '../triggers/index.ts';
import * as changes from './changes.ts';
import type { PointerChange } from './changes.ts';
import { changesOf, type RegistryChange } from './events.ts';
import { checkName, functionNotFound, requireRecord, requireVersion } from './records.ts';
import { makeRevision, type Revision } from './revision.ts';
import { liveTriggersOf } from './triggers.ts';
import { detailOf, summaryOf, type Surroundings } from './views.ts';

export interface RegistryOptions {
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly around: Surroundings;
  /** Known kinds of triggers. */
  readonly kinds: readonly TriggerKind[];
  /** Artifacts that gc must keep although this catalogue does not name them. */
  readonly usedElsewhere?: ArtifactReferences['elsewhere'];
}

/** Cached revisions of one function. */
interface Resolved {
  readonly live: Revision;
  readonly versions: Map<string, Revision>;
  readonly aliases: Map<string, Revision>;
}

/**
 * The deployed functions, their immutable versions and the pointers to them. Reads are synchronous and from memory;
 * readers see a change once it is durable. A function without requests costs about a kilobyte.
 */
export class Registry {
  readonly #catalogue: Catalogue;
  readonly #artifacts: ArtifactStore;
  readonly #clock: Clock;
  readonly #around: Surroundings;
  readonly #resolved = new Map<FunctionName, Resolved>();
  readonly #usedElsewhere: ArtifactReferences['elsewhere'];
  readonly #listeners = new Set<(change: RegistryChange) => void>();
  readonly #kinds: readonly TriggerKind[];

  constructor(options: RegistryOptions) {
    this.#catalogue = options.catalogue;
    this.#artifacts = options.artifacts;
    this.#clock = options.clock;
    this.#around = options.around;
    this.#usedElsewhere = options.usedElsewhere;
    this.#kinds = options.kinds;
    this.#catalogue.watch((change) => this.#follow(change));
  }

  /**
   * Returns the revision for a qualifier: a version number, an alias, or undefined or `$LATEST` for the live pointer.
   * Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`.
   */
  resolve(name: FunctionName, qualifier?: Qualifier | typeof LATEST): Revision {
    const found = this.#resolved.get(name) ?? this.#open(name);
    if (qualifier === undefined || qualifier === LATEST) return found.live;
    return found.versions.get(qualifier) ?? found.aliases.get(qualifier) ?? this.#qualified(name, found, qualifier);
  }

  /**
   * Takes a text for a function's name; does not look whether the function exists. Throws
   * `LAM_REGISTRY_FUNCTION_NOT_FOUND` if the text has not the form of one.
   */
  named(text: string): FunctionName {
    if (!isFunctionName(text)) throw functionNotFound(text, this.names());
    return text;
  }

  /** Whether a function of this name is deployed. */
  has(name: FunctionName): boolean {
    return this.#catalogue.view.has(name);
  }

  /** Names of all functions in order of creation. */
  names(): Iterable<FunctionName> {
    return this.#catalogue.view.names();
  }

  /** Triggers of a function's live version; empty if the function does not exist. */
  triggersOf(name: FunctionName): readonly TriggerConfig[] {
    return liveTriggersOf(this.#catalogue.view, name);
  }

  /** All functions, sorted by name. */
  list(): FunctionSummary[] {
    const { view } = this.#catalogue;
    return [...view.names()].toSorted().flatMap((name) => {
      const outline = view.outline(name);
      return outline === undefined
        ? []
        : [summaryOf({ name, ...outline, triggers: this.triggersOf(name) }, this.#around, this.#kinds)];
    });
  }

  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  detail(name: FunctionName): FunctionDetail {
    return detailOf(requireRecord(this.#catalogue.view, name), this.#around, this.#kinds);
  }

  /**
   * Publishes the next version and makes it live, unless the live version is the same. Throws
   * `LAM_REGISTRY_INVALID_NAME`, `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`,
   * `LAM_REGISTRY_ROUTE_CONFLICT`, `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`, or errors of the
   * store.
   */
  async publish(name: FunctionName, request: PublishRequest): Promise<PublishAnswer> {
    checkName(name);
    const release = this.#artifacts.pin(request.artifact);
    try {
      const { size } = await this.#artifacts.facts(request.artifact);
      const apply = (draft: CatalogueDraft): changes.Published =>
        changes.publish(draft, name, { ...request, size }, this.#context());
      const done = request.dryRun === true ? this.#catalogue.rehearse(apply) : await this.#catalogue.change(apply);
      if (request.dryRun !== true) this.#artifacts.settle(request.artifact);
      return this.#answer(name, done);
    } finally {
      release();
    }
  }

  /**
   * Validates a change without making it, and resolves to the configuration that its pointer would lead to. Throws what
   * the change itself throws.
   */
  async rehearse(name: FunctionName, change: PointerChange): Promise<FunctionConfig> {
    if (change.kind === 'publish') {
      checkName(name);
      await this.#artifacts.facts(change.request.artifact);
    }
    return this.#catalogue.rehearse((draft) => changes.configAfter(draft, name, change, this.#context()));
  }

  /** Changes live settings, which win over those of deploys; publishes a version if the configuration changes. */
  async patchConfig(name: FunctionName, patch: ConfigPatch): Promise<PublishAnswer> {
    const done = await this.#catalogue.change((draft) => changes.patchConfig(draft, name, patch, this.#context()));
    return this.#answer(name, done);
  }

  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one. Repeated calls go
   * further back. Throws `LAM_REGISTRY_NO_PREVIOUS_VERSION`, `LAM_REGISTRY_VERSION_NOT_FOUND`,
   * `LAM_REGISTRY_ALREADY_LIVE` or `LAM_REGISTRY_ROUTE_CONFLICT`.
   */
  async rollback(name: FunctionName, request: RollbackRequest): Promise<Omit<RollbackAnswer, 'notices'>> {
    const apply = (draft: CatalogueDraft): { from: VersionNumber; to: VersionNumber } =>
      changes.rollback(draft, name, request, this.#context());
    // Counted before listeners receive the change and end sandboxes.
    const warmOf = (to: VersionNumber): number => this.#around.warm(this.resolve(name, versionQualifier(to)));
    if (request.dryRun === true) {
      const { from, to } = this.#catalogue.rehearse(apply);
      return { name, from, to, warm: warmOf(to) };
    }
    const { from, to } = await this.#catalogue.change(apply);
    return { name, from, to, warm: warmOf(to) };
  }

  /** Points an alias at a version; creates the alias if it does not exist. */
  async setAlias(
    name: FunctionName,
    alias: AliasName,
    request: AliasRequest,
  ): Promise<{ readonly from: VersionNumber | null; readonly to: VersionNumber }> {
    return this.#catalogue.change((draft) => changes.setAlias(draft, name, { ...request, alias }, this.#context()));
  }

  /** Removes an alias; resolves to the version it pointed at. Throws `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  async deleteAlias(
    name: FunctionName,
    alias: AliasName,
    request: Omit<AliasRequest, 'version'> = {},
  ): Promise<VersionNumber> {
    return this.#catalogue.change((draft) => changes.deleteAlias(draft, name, { ...request, alias }, this.#context()));
  }

  /** Removes a function, its versions and aliases. A later function of the same name continues with the next number. */
  async deleteFunction(name: FunctionName): Promise<void> {
    await this.#catalogue.change((draft) => changes.deleteFunction(draft, name));
  }

  /** Removes a version. Throws `LAM_REGISTRY_VERSION_IN_USE` if it is live or has an alias. */
  async deleteVersion(name: FunctionName, version: VersionNumber): Promise<void> {
    await this.dropVersions([{ name, version }]);
  }

  /** Removes several versions in one atomic change. */
  async dropVersions(versions: readonly VersionName[]): Promise<void> {
    await this.#catalogue.change((draft) => changes.deleteVersions(draft, versions));
  }

  /**
   * Removes versions beyond the newest `keep` of each function, except live, aliased and busy ones, then unreferenced
   * artifacts and files. With `dryRun` it only returns what it would remove.
   */
  async gc(
    request: GcRequest & { readonly keep: number },
    isBusy?: (name: FunctionName, version: VersionNumber) => boolean,
  ): Promise<GcAnswer> {
    const dryRun = request.dryRun === true;
    const versions = dryRun
      ? planGc(this.#catalogue.view, request.keep, isBusy)
      : await this.#dropOld(request.keep, isBusy);
    const references: ArtifactReferences = {
      named: () => referencedArtifacts(this.#catalogue.view, versions),
      ...(this.#usedElsewhere === undefined ? {} : { elsewhere: this.#usedElsewhere }),
    };
    const garbage = await this.#artifacts.collect(references, dryRun);
    return { versions, artifacts: garbage.artifacts.length, files: garbage.objects.length, bytes: garbage.bytes };
  }

  /**
   * Calls `listener` after each change, local or remote, once readers see it; several changes that arrive together are
   * reported by their result. Returns a function that unsubscribes.
   */
  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async #dropOld(
    keep: number,
    isBusy?: (name: FunctionName, version: VersionNumber) => boolean,
  ): Promise<VersionName[]> {
    return this.#catalogue.change((draft) => {
      const versions = planGc(draft, keep, isBusy);
      changes.deleteVersions(draft, versions);
      return versions;
    });
  }

  /** Updates the cached revisions to a new state of the catalogue, then calls the listeners. */
  #follow({ before, after, names }: CatalogueChange): void {
    for (const name of names) this.#refresh(name);
    for (const name of names) {
      for (const change of changesOf(name, before, after)) for (const listener of this.#listeners) listener(change);
    }
  }

  /** Fills the cache of a function; revisions of `before` that still exist stay the same objects. */
  #open(name: FunctionName, before?: ReadonlyMap<string, Revision>): Resolved {
    const record = this.#catalogue.view.record(name);
    if (record === undefined) throw functionNotFound(name, this.#catalogue.view.names());
    const versions = new Map([...(before ?? [])].filter(([number]) => Object.hasOwn(record.versions, number)));
    const resolved = {
      live: this.#revision(record, versions, record.live),
      versions,
      aliases: new Map<string, Revision>(),
    };
    this.#resolved.set(name, resolved);
    return resolved;
  }

  #qualified(name: FunctionName, { versions, aliases }: Resolved, qualifier: Qualifier): Revision {
    const record = requireRecord(this.#catalogue.view, name);
    if (Object.hasOwn(record.versions, qualifier))
      return this.#revision(record, versions, knownVersion(Number(qualifier)));
    const target = Object.hasOwn(record.aliases, qualifier) ? record.aliases[qualifier] : undefined;
    if (target !== undefined) {
      const revision = this.#revision(record, versions, target);
      aliases.set(qualifier, revision);
      return revision;
    }
    if (VERSION_NUMBER.test(qualifier)) throw lamError('LAM_REGISTRY_VERSION_NOT_FOUND', { name, version: qualifier });
    throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias: qualifier });
  }

  #revision(record: FunctionRecord, versions: Map<string, Revision>, number: VersionNumber): Revision {
    const known = versions.get(String(number));
    if (known !== undefined) return known;
    const version = requireVersion(record, number);
    const revision = makeRevision(record.name, version);
    versions.set(String(number), revision);
    return revision;
  }

  /** Updates a function's cached revisions to its record. */
  #refresh(name: FunctionName): void {
    const before = this.#resolved.get(name)?.versions;
    if (before === undefined) return;
    if (this.has(name)) this.#open(name, before);
    else this.#resolved.delete(name);
  }

  #answer(name: FunctionName, done: changes.Published): PublishAnswer {
    return {
      name,
      version: done.to,
      unchanged: done.unchanged,
      previous: done.from,
      url: this.#around.url(name),
      notices: done.notices,
    };
  }

  #context(): changes.ChangeContext {
    return { now: this.#clock.now(), kinds: this.#kinds };
  }
}
