import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { cleanEnvironment, outputOf } from './processes.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The Node both sides run on. */
export const NODE = process.execPath;
/** The CLI as npm installs it. */
export const LAM: readonly string[] = [NODE, join(ROOT, 'bin', 'run.js')];

/** A runtime of its own in a temporary home, on a free port. */
export interface RuntimeUnderTest {
  readonly folder: string;
  readonly port: number;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string>>;
  lam(...args: string[]): Promise<string>;
  /** Deploys inline code as `name`. */
  deploy(name: string, code: string): Promise<void>;
  dispose(): Promise<void>;
}

export async function startRuntime(driver: 'process' | 'docker' = 'process'): Promise<RuntimeUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-bench-'));
  await mkdir(join(folder, 'work'));
  const environment = cleanEnvironment({ HOME: folder, LAM_HOME: join(folder, 'home'), LAM_PORT: '0' });
  const lam = (...args: string[]): Promise<string> => outputOf([...LAM, ...args], environment, join(folder, 'work'));
  await lam('start', '--driver', driver);
  const status = JSON.parse(await lam('status', '--json')) as { data: { port: number; pid: number } };
  return {
    folder,
    environment,
    port: status.data.port,
    pid: status.data.pid,
    lam,
    async deploy(name, code) {
      await lam('deploy', name, '--inline', code, '--runtime', 'nodejs');
    },
    async dispose() {
      await lam('stop').catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
