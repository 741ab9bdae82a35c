import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Where Go keeps what it downloaded and compiled, whatever HOME is. */
export async function goVariables(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await promisify(execFile)('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE']);
  return JSON.parse(stdout) as Record<string, string>;
}
