import { chmod, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Sandbox, SandboxDriver } from '../../src/driver/index.ts';
import { Booted, hooksOf, initOf, specOf, type BootOptions, type Logged, type Tested } from './driver-rig.ts';
import { artifactAt } from '../support/folder-source.ts';

/** A sandbox created without code, and the later output of its function. Disposing destroys it. */
export class StemUnderTest implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly #runtime: Tested;
  readonly #logs: Logged[];

  private constructor(sandbox: Sandbox, runtime: Tested, logs: Logged[]) {
    this.sandbox = sandbox;
    this.#runtime = runtime;
    this.#logs = logs;
  }

  static async boot(driver: SandboxDriver, runtime: Tested, options: BootOptions = {}): Promise<StemUnderTest> {
    const logs: Logged[] = [];
    return new StemUnderTest(await driver.create(specOf(runtime, null, options), hooksOf(logs)), runtime, logs);
  }

  /** Binds it to a function, and sends init. */
  async become(code: string, options: BootOptions = {}): Promise<Booted> {
    await this.sandbox.bind(artifactAt(code));
    const request = initOf(this.#runtime, this.sandbox.taskRoot, options);
    return new Booted(this.sandbox, await this.sandbox.session.init(request, options.initMs ?? 10_000), this.#logs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sandbox.destroy();
  }
}

/** Creates a sandbox with the code at `code`, and sends init. */
// oxlint-disable-next-line max-params -- beside `boot` of the driver's rig
export async function bootCode(
  driver: SandboxDriver,
  runtime: Tested,
  code: string,
  options: BootOptions = {},
): Promise<Booted> {
  const logs: Logged[] = [];
  const sandbox = await driver.create(specOf(runtime, code, options), hooksOf(logs));
  return new Booted(sandbox, await sandbox.session.init(initOf(runtime, sandbox.taskRoot, options), 10_000), logs);
}

/** Text of a file, or where a link leads. */
export type Laid = string | { readonly link: string };

/** Creates a folder of code in `home`, as the store does: only its owner can write there. */
export async function layCode(home: string, files: Readonly<Record<string, Laid>>): Promise<string> {
  const root = await mkdtemp(join(home, 'code-'));
  // mkdtemp makes it 0700, but the sandbox's user must be able to read it.
  await chmod(root, 0o755);
  for (const [name, laid] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof laid === 'string') await writeFile(path, laid, { mode: 0o444 });
    else await symlink(laid.link, path);
  }
  return root;
}

/** Processes of this machine that belong to sandbox `id`, by their `HOME` or their command line. */
export async function pidsOf(home: string, id: string): Promise<readonly number[]> {
  const mark = `\0HOME=${join(home, 'run', 'sb', id)}/`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => `\0${await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')}`.includes(mark)),
  );
  return pids.filter((_pid, index) => found[index]).map(Number);
}
