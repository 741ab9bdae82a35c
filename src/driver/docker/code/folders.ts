import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { homeId, SOCKET_PATH_BYTES, type SandboxId, knownSandboxId } from '../../../contract/index.ts';

/** Host folders mounted into containers. World-readable; their parent (0700) keeps other users out. */
export interface ContainerFolders {
  /** Contains a folder with the socket of each sandbox. */
  readonly sandboxes: string;
  /** Contains the code folder of each stem; inside the home, so that files of its store can be hard-linked into it. */
  readonly stems: string;
}

/** Stands for any sandbox: all ids have one length. */
const SANDBOX_ID = knownSandboxId('f'.repeat(32));

/** Names of the sockets: what bootstraps dial, and the Runtime API. */
export type SocketName = 'dial.sock' | 'api.sock';

/** The socket of sandbox `id`; the folder is mounted into its container alone. */
export function sandboxSocket(
  { sandboxes }: Pick<ContainerFolders, 'sandboxes'>,
  id: SandboxId,
  name: SocketName,
): { readonly folder: string; readonly path: string } {
  const folder = join(sandboxes, id);
  return { folder, path: join(folder, name) };
}

/** The code folder of the stem `id`. */
export function codeFolder(folders: ContainerFolders, id: SandboxId): string {
  return join(folders.stems, id);
}

/** Creates the folders in `home`, or under /tmp where paths in the home exceed the limit of socket paths. */
export async function makeFolders(home: string): Promise<ContainerFolders> {
  const stems = join(home, 'run', 'docker', 'stems');
  const plain = { ...foldersIn(join(home, 'run', 'docker')), stems };
  const fits = Buffer.byteLength(sandboxSocket(plain, SANDBOX_ID, 'dial.sock').path) <= SOCKET_PATH_BYTES;
  const root = fits ? home : join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folders = fits ? plain : { ...foldersIn(join(root, 'docker')), stems };
  for (const folder of [folders.sandboxes, folders.stems]) await makeReadable(folder);
  return folders;
}

/** Creates a folder that sandbox users can read. */
export async function makeReadable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // mkdir's mode is masked by the umask.
  await chmod(folder, 0o755);
}

function foldersIn(root: string): Omit<ContainerFolders, 'stems'> {
  return { sandboxes: join(root, 'sb') };
}
