import { realpath } from 'node:fs/promises';
import { byPath, type FunctionName, type ManifestEntry } from '../contract/index.ts';
import { lamError, messageOf } from '../errors/index.ts';
import type { BuildContext, FunctionArtifact, BuiltArtifact } from './artifact.ts';
import { collect } from './collect.ts';
import { digestFiles } from './digest.ts';
import { refuseEscapingLinks } from './links.ts';
import { packageRules } from './package-rules.ts';

/**
 * Lists and digests the folder of a layer, whose files functions find below `/opt`; a .lamignore in it counts. Throws
 * `LAM_BUILD_*`.
 * @param whose the function or layer that messages name
 */
export async function buildLayerFolder(
  whose: FunctionName,
  folder: string,
  context: Pick<BuildContext, 'signal' | 'ownOutput'>,
): Promise<FunctionArtifact> {
  const read = (): Promise<BuiltArtifact> => readFolder(whose, folder, context);
  return { ...(await read()), reread: read };
}

async function readFolder(
  whose: FunctionName,
  folder: string,
  context: Pick<BuildContext, 'signal' | 'ownOutput'>,
): Promise<BuiltArtifact> {
  const root = await realpath(folder).catch((error: unknown) => {
    throw lamError('LAM_BUILD_UNREADABLE', { function: whose, path: folder, reason: messageOf(error) }, error);
  });
  const rules = await packageRules(
    { directory: root, othersFolders: [], build: { include: [], dependencies: 'none' } },
    { onlyIncluded: false },
  );
  const notices: string[] = [];
  const found = await collect(whose, { root, prefix: '', rules }, notices, context.ownOutput);
  if (found.length === 0) throw lamError('LAM_BUILD_EMPTY', { function: whose, directory: folder });
  refuseEscapingLinks(whose, found);
  const files = found.filter((each) => each.kind === 'file');
  const links: ManifestEntry[] = found.filter((each) => each.kind === 'symlink');
  const entries = [...(await digestFiles(whose, files, context)), ...links].toSorted(byPath);
  return {
    manifest: { entries },
    files: new Map(files.map((file) => [file.path, file.source])),
    notices,
    dispose: () => Promise.resolve(),
  };
}
