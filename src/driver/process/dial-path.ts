import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { homeId, SOCKET_PATH_BYTES } from '../../contract/index.ts';

/** Stands for any sandbox: all ids have one length. */
const SANDBOX_ID = 'f'.repeat(32);

/**
 * Returns the folder of the dial-home sockets, one for each sandbox that boots, under its id: in the home, or under
 * /tmp where the paths exceed the limit of socket paths. Creates it (0711), and empties it of what a killed daemon
 * left.
 */
export async function dialFolder(home: string): Promise<string> {
  const plain = join(home, 'run', 'dial');
  const fits = Buffer.byteLength(join(plain, SANDBOX_ID)) <= SOCKET_PATH_BYTES;
  const folder = fits ? plain : join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`, 'dial');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Sandboxes of other users pass through it; the sockets are theirs alone.
  await chmod(folder, 0o711);
  return folder;
}
