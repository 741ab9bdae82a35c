import type {
  LayerName,
  LayerReference,
  LayerVersion,
  LayerVersionDetail,
  PublishLayerAnswer,
  PublishLayerRequest,
} from '../contract/index.ts';
import { lamError } from '../errors/index.ts';
import { nearest, type Clock } from '../kit/index.ts';
import type { ArtifactStore, LayerCatalogue } from '../store/index.ts';

/** Published layers. */
export interface LayerOperations {
  /** All versions of a layer, oldest first; without a name the newest version of each layer. */
  list(name?: LayerName): readonly LayerVersion[];
  /**
   * Publishes the next version, unless the newest one has the same files. Throws `LAM_STORE_ARTIFACT_NOT_FOUND` or a
   * `LAM_STORE_*` error of writing.
   */
  publish(name: LayerName, request: PublishLayerRequest): Promise<PublishLayerAnswer>;
  /** Throws `LAM_OPERATIONS_LAYER_NOT_FOUND`. */
  detail(reference: LayerReference): Promise<LayerVersionDetail>;
  /** Removes a version; functions that were deployed with it keep its files. Throws `LAM_OPERATIONS_LAYER_NOT_FOUND`. */
  remove(reference: LayerReference): Promise<void>;
}

/** Rooms that these operations use. */
export interface LayerRooms {
  readonly store: {
    readonly artifacts: Pick<ArtifactStore, 'manifest' | 'facts' | 'pin' | 'settle'>;
    readonly layers: LayerCatalogue;
  };
  readonly clock: Clock;
}

/** Implements {@link LayerOperations}. */
export function layerOperations({ store: { artifacts, layers }, clock }: LayerRooms): LayerOperations {
  const notFound = (reference: LayerReference): Error => {
    const versions = layers.versions(reference.name).map((each) => `:${each.version}`);
    const meant = versions.length === 0 ? nearest(reference.name, layers.names()) : undefined;
    return lamError('LAM_OPERATIONS_LAYER_NOT_FOUND', {
      ...{ name: reference.name, version: reference.version },
      ...(versions.length === 0 ? {} : { existing: versions.join(', ') }),
      ...(meant === undefined ? {} : { nearest: meant }),
    });
  };
  return {
    list(name) {
      if (name !== undefined) return layers.versions(name);
      return layers.names().flatMap((each) => layers.versions(each).slice(-1));
    },
    async publish(name, { artifact, description = '', by = '' }) {
      const release = artifacts.pin(artifact);
      try {
        const { size } = await artifacts.facts(artifact);
        const files = (await artifacts.manifest(artifact)).entries.length;
        const before = layers.versions(name).at(-1)?.version;
        const published = await layers.publish({
          ...{ name, artifact, size, files, by, description },
          createdAt: clock.now(),
        });
        artifacts.settle(artifact);
        return { ...published, unchanged: published.version === before };
      } finally {
        release();
      }
    },
    async detail(reference) {
      const found = layers.version(reference);
      if (found === undefined) throw notFound(reference);
      return { ...found, manifest: await artifacts.manifest(found.artifact) };
    },
    async remove(reference) {
      if (!(await layers.remove(reference))) throw notFound(reference);
    },
  };
}
