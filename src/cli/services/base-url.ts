import { isLamError } from '../../errors/index.ts';
import type { CommandContext } from '../command-context.ts';

/**
 * Base URL of the HTTP port, without a slash at the end: that of the daemon if one runs, else that of a daemon which the
 * next command would start. Never starts one.
 */
export async function baseUrl({ connect, settings }: CommandContext): Promise<string> {
  try {
    return (await connect({ mayStart: false, anyVersion: true })).status.url;
  } catch (error) {
    if (!isLamError(error)) throw error;
    return `http://127.0.0.1:${settings.port}`;
  }
}
