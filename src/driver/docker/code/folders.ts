import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { homeId, SOCKET_PATH_BYTES, type SandboxId, knownSandboxId } from '../../../contract/index.ts';

/** Host folders mounted into containers. World-readable; their parent (0700) keeps other users out. */
export interface ContainerFolders {
  /** Contains a folder with the socket of each sandbox. */
  readonly sandboxes: string;
  /** Contains the code folder of each stem; inside the home, so that files of its store can be hard-linked into it. */
  readonly stems: string;
  /** The `/etc/hosts` of containers without a network, for which the engine makes an empty one. */
  readonly hosts: string;
}

/** Names of a sandbox for itself, as on AWS. */
export const OWN_NAMES = ['sandbox.localdomain', 'sandbox'] as const;

/** Stands for any sandbox: all ids have one length. */
const SANDBOX_ID = knownSandboxId('f'.repeat(32));

/** Names of the sockets: what bootstraps dial, the Runtime API, the relay's own, and that for calls of other functions. */
export type SocketName = 'dial.sock' | 'api.sock' | 'relay.sock' | 'calls.sock';

/** The socket of sandbox `id`; the folder is mounted into its container alone. */
export function sandboxSocket(
  { sandboxes }: Pick<ContainerFolders, 'sandboxes'>,
  id: SandboxId,
  name: SocketName,
): { readonly folder: string; readonly path: string } {
  const folder = join(sandboxes, id);
  return { folder, path: join(folder, name) };
}

/** The file that a sandbox records the archive of its code to; `folder`: its own folder. */
export function recordedIn(folder: string): string {
  return join(folder, 'archive');
}

/** The code folder of the stem `id`. */
export function codeFolder(folders: ContainerFolders, id: SandboxId): string {
  return join(folders.stems, id);
}

/** Creates the folders in `home`, or under /tmp where paths in the home exceed the limit of socket paths. */
export async function makeFolders(home: string): Promise<ContainerFolders> {
  const stems = join(home, 'run', 'docker', 'stems');
  const hosts = join(home, 'run', 'docker', 'hosts');
  const plain = { ...foldersIn(join(home, 'run', 'docker')), stems, hosts };
  const fits = Buffer.byteLength(sandboxSocket(plain, SANDBOX_ID, 'dial.sock').path) <= SOCKET_PATH_BYTES;
  const root = fits ? home : join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folders = fits ? plain : { ...foldersIn(join(root, 'docker')), stems, hosts };
  for (const folder of [folders.sandboxes, folders.stems]) await makeReadable(folder);
  await writeFile(hosts, `127.0.0.1\tlocalhost ${OWN_NAMES.join(' ')}\n::1\tlocalhost\n`);
  // The umask cuts the mode given to writeFile.
  await chmod(hosts, 0o644);
  return folders;
}

/** Creates a folder that sandbox users can read. */
export async function makeReadable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // mkdir's mode is masked by the umask.
  await chmod(folder, 0o755);
}

function foldersIn(root: string): Pick<ContainerFolders, 'sandboxes'> {
  return { sandboxes: join(root, 'sb') };
}

/** Removes the contents of the folder; resolves with the number of entries. */
export async function emptied(folder: string): Promise<number> {
  const names = await readdir(folder);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
  return names.length;
}
