import { checkEntrypoint, type EntrypointError } from '../../../executor/index.ts';
import type { ArtifactSource, SandboxSpec } from '../../sandbox.ts';
import { extensionsIn, isInLayers, OPT } from '../../shared/layers.ts';
import { INSIDE } from '../container/container-spec.ts';

/** What there is of a function on this machine, for its sandbox. */
export interface FoundCode {
  /** Host folder of the code; null for a stem. */
  readonly code: string | null;
  /** Host folder of the layers; undefined for none. */
  readonly layers: string | undefined;
  /** Whether the layers have external extensions. */
  readonly hasExtensions: boolean;
  /** Folder inside the container with the executable that is started, or with the code. */
  readonly entryRoot: string;
}

/** Finds code and layers, and what is wrong with an executable; null for nothing. Rejects as the artifact source does. */
export async function findCode(
  artifacts: ArtifactSource,
  { artifact, layers: used, runtime }: SandboxSpec,
): Promise<{ readonly found: FoundCode; readonly fault: EntrypointError | null }> {
  const { entry } = runtime.descriptor;
  const code = artifact === null ? null : await artifacts.ensure(artifact);
  const layers = used === null ? undefined : await artifacts.ensure(used);
  const hasExtensions = (await extensionsIn(layers)).length > 0;
  if (code === null) return { found: { code, layers, hasExtensions, entryRoot: INSIDE.taskRoot }, fault: null };
  const isLayered = layers !== undefined && (await isInLayers(entry, code, layers));
  const [root, entryRoot] = isLayered ? [layers, OPT] : [code, INSIDE.taskRoot];
  const fault = entry.kind === 'executable' ? await checkEntrypoint(root, entry.file) : null;
  return { found: { code, layers, hasExtensions, entryRoot }, fault };
}
