import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

import { messageOf } from '../../../errors/index.ts';

const IPTABLES = 'iptables';
/** Time-out of one run (ms). */
const RUN_MS = 10_000;

/**
 * Closes this machine's own addresses to new connections from containers behind `bridge`, with iptables, as the engine
 * itself does. Resolves with null, or with the reason why that failed. Idempotent.
 */
export async function closeHost(bridge: string): Promise<string | null> {
  // An engine of another user, or in a container, has its interfaces elsewhere.
  if (!existsSync(`/sys/class/net/${bridge}`)) return 'the network of the engine is not on this machine';
  if ((await iptables('-C', bridge)) === null) return null;
  return iptables('-I', bridge);
}

/** Undoes {@link closeHost}. Never rejects. */
export async function openHost(bridge: string): Promise<void> {
  await iptables('-D', bridge);
}

/** Null when it ended well, else the reason. */
function iptables(action: '-C' | '-I' | '-D', bridge: string): Promise<string | null> {
  const rule = ['-i', bridge, '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'REJECT'];
  return new Promise((resolve) => {
    const options = { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' }, timeout: RUN_MS };
    execFile(IPTABLES, ['-w', action, 'INPUT', ...rule], options, (error, _stdout, stderr) => {
      resolve(error === null ? null : stderr.trim().split('\n')[0] || messageOf(error));
    });
  });
}
