import { Low } from 'lowdb';
import {
  isDigest,
  isLayerName,
  isVersionNumber,
  nextVersionNumber,
  type Digest,
  type LayerName,
  type LayerReference,
  type LayerVersion,
  type VersionNumber,
} from '../../contract/index.ts';
import { Mutex } from '../../kit/index.ts';
import { KeptFile } from '../disk/kept-file.ts';

const SCHEMA = 1;

interface LayerRecord {
  /** Highest version number so far; numbers are never reused, also after all versions were removed. */
  readonly lastVersion: VersionNumber;
  /** Oldest first. */
  readonly versions: readonly LayerVersion[];
}

interface LayersData {
  readonly schema: number;
  readonly layers: Readonly<Record<LayerName, LayerRecord>>;
}

/** What a new version has besides its number. */
export type NewLayerVersion = Omit<LayerVersion, 'version'>;

/** The published layers of a home, in a file of their own. Reads are from memory; each change is durable or not made. */
export class LayerCatalogue {
  readonly #low: Low<LayersData>;
  readonly #changes = new Mutex();

  private constructor(low: Low<LayersData>) {
    this.#low = low;
  }

  /**
   * Reads the file at `path`; there are no layers where there is none. Throws `LAM_STORE_CORRUPT` (and keeps a copy
   * beside it) or `LAM_STORE_NEWER`; the file is not touched then.
   */
  static async open(path: string): Promise<LayerCatalogue> {
    const low = new Low<LayersData>(new KeptFile(path, SCHEMA, faultOf), { schema: SCHEMA, layers: {} });
    await low.read();
    return new LayerCatalogue(low);
  }

  /** Names of all layers that have versions. */
  names(): readonly LayerName[] {
    return (Object.keys(this.#layers) as LayerName[]).filter((name) => this.versions(name).length > 0).toSorted();
  }

  /** All versions of a layer, oldest first; none for a layer that does not exist. */
  versions(name: LayerName): readonly LayerVersion[] {
    return this.#record(name)?.versions ?? [];
  }

  version({ name, version }: LayerReference): LayerVersion | undefined {
    return this.versions(name).find((each) => each.version === version);
  }

  /** Artifacts of all versions. */
  artifacts(): readonly Digest[] {
    return Object.values<LayerRecord>(this.#layers).flatMap(({ versions }) => versions.map((each) => each.artifact));
  }

  /** Adds a version, unless the newest one has the same artifact; then returns that. Rejects with a `LAM_STORE_*` error. */
  publish(given: NewLayerVersion): Promise<LayerVersion> {
    return this.#changes.run(async () => {
      const { lastVersion, versions = [] } = this.#record(given.name) ?? {};
      const newest = versions.at(-1);
      if (newest?.artifact === given.artifact) return newest;
      const added = { ...given, version: nextVersionNumber(lastVersion) };
      await this.#write(given.name, { lastVersion: added.version, versions: [...versions, added] });
      return added;
    });
  }

  /** Removes a version; resolves to false when there was none. Rejects with a `LAM_STORE_*` error. */
  remove({ name, version }: LayerReference): Promise<boolean> {
    return this.#changes.run(async () => {
      const record = this.#record(name);
      const versions = record?.versions.filter((each) => each.version !== version);
      if (record === undefined || versions === undefined || versions.length === record.versions.length) return false;
      await this.#write(name, { ...record, versions });
      return true;
    });
  }

  /** Resolves when all changes requested so far have settled. */
  async settled(): Promise<void> {
    await this.#changes.run(() => Promise.resolve());
  }

  get #layers(): LayersData['layers'] {
    return this.#low.data.layers;
  }

  #record(name: LayerName): LayerRecord | undefined {
    return Object.hasOwn(this.#layers, name) ? this.#layers[name] : undefined;
  }

  async #write(name: LayerName, record: LayerRecord): Promise<void> {
    const before = this.#low.data;
    this.#low.data = { ...before, layers: { ...before.layers, [name]: record } };
    try {
      await this.#low.write();
    } catch (error) {
      this.#low.data = before;
      throw error;
    }
  }
}

/** The file may have been edited or damaged: digests become parts of paths. */
function faultOf({ layers }: Partial<LayersData>): string | undefined {
  if (typeof layers !== 'object' || layers === null) return "'layers' is missing";
  for (const [name, record] of Object.entries<Partial<LayerRecord> | null>(layers)) {
    const { lastVersion, versions } = record ?? {};
    const isSound =
      isLayerName(name) &&
      typeof lastVersion === 'number' &&
      Array.isArray(versions) &&
      versions.every((version) => isLayerVersion(version, name, lastVersion));
    if (!isSound) return `layer '${name}' is not complete`;
  }
  return undefined;
}

function isLayerVersion(value: Partial<LayerVersion> | null, name: string, last: number): boolean {
  const { version, artifact, size, files } = value ?? {};
  if (value?.name !== name || typeof version !== 'number' || typeof artifact !== 'string') return false;
  return isVersionNumber(version) && version <= last && isDigest(artifact) && [size, files].every(Number.isFinite);
}
