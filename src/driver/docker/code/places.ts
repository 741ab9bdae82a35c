import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { homeId, SOCKET_PATH_BYTES } from '../../../contract/index.ts';

/** Host folders that containers see. They are readable by all; the folder they lie in (0700) keeps other users out. */
export interface Places {
  /** Holds the dial-home socket and nothing else. */
  readonly dial: string;
  /** Holds a folder for each sandbox with a socket of its own. */
  readonly sandboxes: string;
  /** Holds a folder for each stem, in the home, so that files of its store can be linked into it. */
  readonly stems: string;
}

const SANDBOX_ID = 'f'.repeat(32);

/** The Runtime API socket of sandbox `id`. */
export function apiSocket(places: Places, id: string): { readonly folder: string; readonly path: string } {
  const folder = join(places.sandboxes, id);
  return { folder, path: join(folder, 'api.sock') };
}

/** What sandbox `id`, made as a stem, sees as its code. */
export function codeFolder(places: Places, id: string): string {
  return join(places.stems, id);
}

/** Makes the folders in `home`, or in a short place where paths in the home would be too long for a socket. */
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

/** Makes a folder that users inside of sandboxes can look into. */
export async function makeReadable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // The umask cuts the mode that mkdir is given.
  await chmod(folder, 0o755);
}

function placesIn(root: string): Omit<Places, 'stems'> {
  return { dial: join(root, 'dial'), sandboxes: join(root, 'sb') };
}
