import { AsyncLocalStorage } from 'node:async_hooks';
import {
  LATEST,
  type Digest,
  VERSION_NUMBER,
  type AliasRequest,
  type AmendRequest,
  type ChangeNote,
  type ConfigPatch,
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
  type VersionCheck,
  type VersionInfo,
  type VersionNumber,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { ownMember, Watchers, type Clock } from '../kit/index.ts';
import type {
  ArtifactReferences,
  ArtifactStore,
  Catalogue,
  CatalogueChange,
  CatalogueDraft,
  FunctionRecord,
  VersionName,
} from '../store/index.ts';
import { endpointsOf, type TriggerKind } from '../triggers/index.ts';
import { deleteAlias, setAlias } from './alias-changes.ts';
import { AliasDivision, type RoutingKey } from './alias-routing.ts';
import { amendedRequest } from './amendment.ts';
import { sizeOf, whileUsed } from './artifact-use.ts';
import type { ChangeContext, Move } from './change-context.ts';
import * as changes from './changes.ts';
import type { PointerChange } from './changes.ts';
import { collect, type GarbageRooms } from './collect.ts';
import { keepUnpublished, marked, type CheckMark } from './checks.ts';
import { changesOf, type RegistryChange } from './events.ts';
import { Proposals, type Rehearsed } from './proposals.ts';
import { checkName, editRecord, functionNotFound, requireRecord, requireVersion, versionNotFound } from './records.ts';
import { makeRevision, type Revision } from './revision.ts';
import { tagOf, type Expectation, type TaggedPart } from './tags.ts';
import { liveTriggersOf } from './triggers.ts';
import { detailOf, summaryOf, versionInfoOf, type Surroundings } from './views.ts';

export interface RegistryOptions {
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly around: Surroundings;
  /** Known kinds of triggers. */
  readonly kinds: readonly TriggerKind[];
  /** Artifacts that gc must keep although this catalogue does not name them. */
  readonly usedElsewhere?: ArtifactReferences['elsewhere'];
  /** Artifacts of published layers and uploaded images, which gc must keep. */
  readonly publishedArtifacts?: () => readonly Digest[];
  readonly onTrouble: (what: string) => void;
}

/** Cached revisions of one function. */
interface Resolved {
  readonly live: Revision;
  readonly versions: Map<string, Revision>;
  readonly aliases: Map<string, Revision>;
  /** Of the aliases that divide their requests. */
  readonly divisions: Map<string, AliasDivision>;
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
  readonly #collected: GarbageRooms;
  readonly #watchers: Watchers<RegistryChange>;
  readonly #kinds: readonly TriggerKind[];
  /** What the changes of the work under way expect. */
  readonly #expected = new AsyncLocalStorage<Expectation>();
  readonly #proposals: Proposals;

  constructor(options: RegistryOptions) {
    this.#catalogue = options.catalogue;
    this.#artifacts = options.artifacts;
    this.#clock = options.clock;
    this.#around = options.around;
    const { catalogue, artifacts, usedElsewhere, publishedArtifacts = () => [] } = options;
    this.#collected = { catalogue, artifacts, usedElsewhere, publishedArtifacts };
    this.#kinds = options.kinds;
    this.#proposals = new Proposals(options.around.arns);
    this.#watchers = new Watchers(options.onTrouble);
    this.#catalogue.watch((change) => this.#follow(change));
  }

  /**
   * Returns the revision for a qualifier: a version number, an alias, or undefined or `$LATEST` for the live pointer.
   * `key` decides among the versions of a weighted alias; without it, the alias's own version is returned. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`, `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_REGISTRY_ALIAS_NOT_FOUND`.
   */
  resolve(name: FunctionName, qualifier?: Qualifier | typeof LATEST, key?: RoutingKey): Revision {
    const found = this.#resolved.get(name) ?? this.#open(name);
    if (qualifier === undefined || qualifier === LATEST) return found.live;
    return (
      found.versions.get(qualifier) ?? found.aliases.get(qualifier) ?? this.#qualified(name, found, qualifier).pick(key)
    );
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

  /** Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` or `LAM_REGISTRY_VERSION_NOT_FOUND`. */
  version(name: FunctionName, version: VersionNumber): VersionInfo {
    const record = requireRecord(this.#catalogue.view, name);
    return versionInfoOf(record, requireVersion(record, version), this.#kinds);
  }

  /** The tag of a part of a function ({@link tagOf}); undefined for what does not exist. */
  tag(name: FunctionName, part: TaggedPart): string | undefined {
    const record = this.#catalogue.view.record(name);
    return record && tagOf(record, part);
  }

  /**
   * Runs `work`, whose changes throw `LAM_REGISTRY_STALE` where a part of a function is not as expected when they are
   * made.
   */
  expecting<T>(expectation: Expectation, work: () => Promise<T>): Promise<T> {
    return this.#expected.run(expectation, work);
  }

  /** Makes a change, if what it is about is as its caller expects. */
  #change<T>(apply: (draft: CatalogueDraft) => T): Promise<T> {
    const isAsExpected = this.#expectation();
    return this.#catalogue.change((draft) => {
      isAsExpected(draft);
      return apply(draft);
    });
  }

  /** What throws `LAM_REGISTRY_STALE` where what the caller expects is not so. */
  #expectation(): (draft: CatalogueDraft) => void {
    const expected = this.#expected.getStore();
    return (draft) => {
      if (expected === undefined) return;
      const { name, part, accepts } = expected;
      const record = draft.record(name);
      if (!accepts(record && tagOf(record, part))) throw lamError('LAM_REGISTRY_STALE', { name });
    };
  }

  /**
   * Publishes the next version and makes it live, unless the live version is the same. Throws
   * `LAM_REGISTRY_INVALID_NAME`, `LAM_REGISTRY_INVALID_CONFIG`, `LAM_REGISTRY_UNKNOWN_RUNTIME`,
   * `LAM_REGISTRY_ROUTE_CONFLICT`, `LAM_REGISTRY_INVALID_ALIAS`, `LAM_STORE_ARTIFACT_NOT_FOUND`, or errors of the
   * store.
   */
  async publish(name: FunctionName, request: PublishRequest, mark?: CheckMark): Promise<PublishAnswer> {
    checkName(name);
    return whileUsed(this.#artifacts, request, async (settle) => {
      const size = await sizeOf(this.#artifacts, name, request);
      const apply = (draft: CatalogueDraft): changes.Published =>
        marked(draft, name, changes.publish(draft, name, request, this.#context(size)), mark);
      const done = request.dryRun === true ? this.#catalogue.rehearse(apply) : await this.#change(apply);
      if (request.dryRun !== true) settle();
      return this.#answer(name, done);
    });
  }

  /** Returns the request that publishes the live version again with changes. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND`. */
  amended(name: FunctionName, request: AmendRequest): PublishRequest {
    return amendedRequest(requireRecord(this.#catalogue.view, name), request);
  }

  /**
   * Changes what is kept of a function beside its versions and pointers. Throws `LAM_REGISTRY_FUNCTION_NOT_FOUND` and
   * what `change` throws.
   */
  async changeRecord(name: FunctionName, change: (record: FunctionRecord) => void): Promise<void> {
    await this.#catalogue.change((draft) => change(editRecord(draft, name)));
  }

  /**
   * Validates a change without making it, and resolves to what it would lead to. Throws what the change itself throws.
   * A version that does not exist yet gets its revision now; call {@link Registry.forget} when the change was made or
   * given up.
   */
  async rehearse(name: FunctionName, change: PointerChange): Promise<Rehearsed> {
    if (change.kind === 'publish') {
      checkName(name);
      await sizeOf(this.#artifacts, name, change.request);
    }
    const isAsExpected = this.#expectation();
    const { version, exists, live } = this.#catalogue.rehearse((draft) => {
      isAsExpected(draft);
      return changes.outcomeOf(draft, name, change, this.#context());
    });
    const { check } = version;
    const revision = exists
      ? this.resolve(name, versionQualifier(version.version))
      : this.#proposals.propose(name, version);
    return { revision, others: this.#weighted(name, change), exists, live, check };
  }

  /** The versions that receive a share of an alias's requests besides its own. */
  #weighted(name: FunctionName, change: PointerChange): Revision[] {
    const weights = change.kind === 'alias' ? (change.request.routing?.weights ?? {}) : {};
    return Object.keys(weights).map((number) => this.resolve(name, versionQualifier(knownVersion(Number(number)))));
  }

  /** Forgets the revision of a version that was not published; one that was keeps it. */
  forget(revision: Revision): void {
    this.#proposals.forget(revision);
  }

  /**
   * Keeps the version that a change leads to, marked with `check`, and changes nothing else: pointers, live settings
   * and history stay as they are. Throws what the change itself throws.
   */
  async keep(name: FunctionName, change: PointerChange, check: VersionCheck | null): Promise<void> {
    const keep = async (size?: number): Promise<void> => {
      const move = (draft: CatalogueDraft): Move => changes.moveBy(draft, name, change, this.#context(size));
      await this.#catalogue.change((draft) => keepUnpublished(draft, name, () => move(draft), check));
    };
    if (change.kind !== 'publish') return keep();
    const { request } = change;
    return whileUsed(this.#artifacts, request, async (settle) => {
      await keep(await sizeOf(this.#artifacts, name, request));
      settle();
    });
  }

  /** Changes live settings, which win over those of deploys; publishes a version if the configuration changes. */
  async patchConfig(name: FunctionName, patch: ConfigPatch, mark?: CheckMark): Promise<PublishAnswer> {
    const done = await this.#change((draft) =>
      marked(draft, name, changes.patchConfig(draft, name, patch, this.#context()), mark),
    );
    return this.#answer(name, done);
  }

  /**
   * Makes an earlier version live: `request.to`, or the one that was live before the current one. Repeated calls go
   * further back; for the live version nothing changes. Throws `LAM_REGISTRY_NO_PREVIOUS_VERSION`,
   * `LAM_REGISTRY_VERSION_NOT_FOUND` or `LAM_REGISTRY_ROUTE_CONFLICT`.
   */
  async rollback(name: FunctionName, request: RollbackRequest, mark?: CheckMark): Promise<RollbackAnswer> {
    const apply = (draft: CatalogueDraft): changes.RolledBack =>
      marked(draft, name, changes.rollback(draft, name, request, this.#context()), mark);
    // Counted before listeners receive the change and end sandboxes.
    const warmOf = (to: VersionNumber): number => this.#around.warm(this.resolve(name, versionQualifier(to)));
    const done = request.dryRun === true ? this.#catalogue.rehearse(apply) : await this.#change(apply);
    return { name, ...done, warm: warmOf(done.to) };
  }

  /** Points an alias at a version; creates the alias if it does not exist. */
  async setAlias(
    name: FunctionName,
    alias: AliasName,
    request: AliasRequest,
    mark?: CheckMark,
  ): Promise<{ readonly from: VersionNumber | null; readonly to: VersionNumber }> {
    return this.#change((draft) =>
      marked(draft, name, setAlias(draft, name, { ...request, alias }, this.#context()), mark),
    );
  }

  /** Removes an alias; resolves to the version it pointed at. Throws `LAM_REGISTRY_ALIAS_NOT_FOUND`. */
  async deleteAlias(name: FunctionName, alias: AliasName, request: ChangeNote = {}): Promise<VersionNumber> {
    return this.#change((draft) => deleteAlias(draft, name, { ...request, alias }, this.#context()));
  }

  /** Removes a function, its versions and aliases. A later function of the same name continues with the next number. */
  async deleteFunction(name: FunctionName): Promise<void> {
    await this.#change((draft) => changes.deleteFunction(draft, name));
  }

  /** Removes a version. Throws `LAM_REGISTRY_VERSION_IN_USE` if it is live or has an alias. */
  async deleteVersion(name: FunctionName, version: VersionNumber): Promise<void> {
    await this.dropVersions([{ name, version }]);
  }

  /** Removes several versions in one atomic change. */
  async dropVersions(versions: readonly VersionName[]): Promise<void> {
    await this.#change((draft) => changes.deleteVersions(draft, versions));
  }

  /**
   * Removes versions beyond the newest `keep` of each function, except live, aliased and busy ones, then unreferenced
   * artifacts and files. With `dryRun` it only returns what it would remove.
   */
  async gc(
    request: GcRequest & { readonly keep: number },
    isBusy?: (name: FunctionName, version: VersionNumber) => boolean,
  ): Promise<GcAnswer> {
    return collect(this.#collected, request, isBusy);
  }

  /**
   * Calls `listener` after each change, local or remote, once readers see it; several changes that arrive together are
   * reported by their result. Returns a function that unsubscribes.
   */
  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#watchers.add(listener);
  }

  /** Updates the cached revisions to a new state of the catalogue, then calls the listeners. */
  #follow({ before, after, names }: CatalogueChange): void {
    for (const name of names) this.#refresh(name);
    for (const name of names) {
      for (const change of changesOf(name, before, after)) this.#watchers.tell(change);
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
      divisions: new Map<string, AliasDivision>(),
    };
    this.#resolved.set(name, resolved);
    return resolved;
  }

  #qualified(name: FunctionName, resolved: Resolved, qualifier: Qualifier): Pick<AliasDivision, 'pick'> {
    const { versions, aliases, divisions } = resolved;
    const known = divisions.get(qualifier);
    if (known !== undefined) return known;
    const record = requireRecord(this.#catalogue.view, name);
    const revisionOf = (version: string): Revision => this.#revision(record, versions, knownVersion(Number(version)));
    const always = (revision: Revision): Pick<AliasDivision, 'pick'> => ({ pick: () => revision });
    if (Object.hasOwn(record.versions, qualifier)) return always(revisionOf(qualifier));
    const target = ownMember(record.aliases, qualifier);
    if (target !== undefined) {
      const own = revisionOf(String(target));
      const routing = ownMember(record.routing, qualifier);
      if (routing !== undefined) {
        const division = new AliasDivision({ name, alias: qualifier }, own, routing, revisionOf);
        divisions.set(qualifier, division);
        return division;
      }
      aliases.set(qualifier, own);
      return always(own);
    }
    if (VERSION_NUMBER.test(qualifier)) throw versionNotFound(record, qualifier);
    throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias: qualifier });
  }

  #revision(record: FunctionRecord, versions: Map<string, Revision>, number: VersionNumber): Revision {
    const known = versions.get(String(number));
    if (known !== undefined) return known;
    const version = requireVersion(record, number);
    const revision =
      this.#proposals.adopt(record.name, version) ?? makeRevision(record.name, version, this.#around.arns);
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
      endpoints: endpointsOf(this.#around.url(name), this.triggersOf(name), this.#kinds),
      notices: done.notices,
    };
  }

  #context(size = 0): ChangeContext {
    return { now: this.#clock.now(), kinds: this.#kinds, size };
  }
}
