import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { homeId, SOCKET_PATH_BYTES } from '../../contract/index.ts';

/**
 * Returns the dial-home socket's path: in the home, or under /tmp where that path exceeds the limit of socket paths.
 * Creates the folder (0700).
 */
export async function dialPath(home: string): Promise<string> {
  const plain = join(home, 'run', 'dial', 'process.sock');
  const fits = Buffer.byteLength(plain) <= SOCKET_PATH_BYTES;
  const path = fits ? plain : join('/tmp', `lam-${process.getuid?.() ?? 0}-${homeId(home)}`, 'dial', 'process.sock');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return path;
}
