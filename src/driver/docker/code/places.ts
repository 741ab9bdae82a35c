import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { homeId, SOCKET_PATH_BYTES } from '../../../contract/index.ts';

/** Host folders mounted into containers. World-readable; their parent (0700) keeps other users out. */
export interface Places {
  /** Contains only the dial-home socket. */
  readonly dial: string;
  /** Contains a folder for each sandbox that has its own socket. */
  readonly sandboxes: string;
  /** Contains the code folder of each stem; inside the home, so that files of its store can be hard-linked into it. */
  readonly stems: string;
}

const SANDBOX_ID = 'f'.repeat(32);

/** The Runtime API socket of sandbox `id`. */
export function apiSocket(places: Places, id: string): { readonly folder: string; readonly path: string } {
  const folder = join(places.sandboxes, id);
  return { folder, path: join(folder, 'api.sock') };
}

/** The code folder of the stem `id`. */
export function codeFolder(places: Places, id: string): string {
  return join(places.stems, id);
}

/** Creates the folders in `home`, or under /tmp where paths in the home exceed the limit of socket paths. */
export async function makePlaces(home: string): Promise<Places> {
  const stems = join(home, 'run', 'docker', 'stems');
  const plain = { ...placesIn(join(home, 'run', 'docker')), stems };
  const fits = Buffer.byteLength(apiSocket(plain, SANDBOX_ID).path) <= SOCKET_PATH_BYTES;
  const root = fits ? home : join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const places = fits ? plain : { ...placesIn(join(root, 'docker')), stems };
  for (const folder of [places.dial, places.sandboxes, places.stems]) await makeReadable(folder);
  return places;
}

/** Creates a folder that sandbox users can read. */
export async function makeReadable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // mkdir's mode is masked by the umask.
  await chmod(folder, 0o755);
}

function placesIn(root: string): Omit<Places, 'stems'> {
  return { dial: join(root, 'dial'), sandboxes: join(root, 'sb') };
}
