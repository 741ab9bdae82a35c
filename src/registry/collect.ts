import type { Digest, FunctionName, GcAnswer, GcRequest, VersionNumber } from '../contract/index.ts';
import {
  planGc,
  referencedArtifacts,
  type ArtifactReferences,
  type ArtifactStore,
  type Catalogue,
  type CatalogueView,
  type VersionName,
} from '../store/index.ts';
import { deleteVersions } from './changes.ts';

/** Where gc looks, and what it must keep besides what the catalogue names. */
export interface GarbageRooms {
  readonly catalogue: Catalogue;
  readonly artifacts: ArtifactStore;
  readonly usedElsewhere: ArtifactReferences['elsewhere'];
  /** Artifacts of published layers and uploaded images. */
  readonly publishedArtifacts: () => readonly Digest[];
}

/** Removes versions, artifacts and files as the registry's `gc` says. */
export async function collect(
  { catalogue, artifacts, usedElsewhere, publishedArtifacts }: GarbageRooms,
  request: GcRequest & { readonly keep: number },
  isBusy?: (name: FunctionName, version: VersionNumber) => boolean,
): Promise<GcAnswer> {
  const dryRun = request.dryRun === true;
  const plan = (view: CatalogueView): VersionName[] => planGc(view, request.keep, isBusy, request.only);
  const versions = dryRun
    ? plan(catalogue.view)
    : await catalogue.change((draft) => {
        const planned = plan(draft);
        deleteVersions(draft, planned);
        return planned;
      });
  const references: ArtifactReferences = {
    named: () => new Set([...referencedArtifacts(catalogue.view, versions), ...publishedArtifacts()]),
    ...(usedElsewhere === undefined ? {} : { elsewhere: usedElsewhere }),
  };
  const garbage = await artifacts.collect(references, dryRun);
  return { versions, artifacts: garbage.artifacts.length, files: garbage.objects.length, bytes: garbage.bytes };
}
