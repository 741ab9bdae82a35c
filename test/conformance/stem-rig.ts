import { chmod, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { BoundFunction, Sandbox, SandboxDriver } from '../../src/driver/index.ts';
import { Booted, codeIn, hooksOf, initOf, specOf, type BootOptions, type Logged, type Tested } from './driver-rig.ts';
import { artifactAt } from '../support/folder-source.ts';
import { asFunctionName } from '../support/ids.ts';

/** What a stem is told of a function with the code at `code`. */
export function boundTo(runtime: Tested, code: string, options: BootOptions = {}): BoundFunction {
  const { runtime: parsed, environment } = specOf(runtime, code, options);
  return { runtime: parsed, artifact: artifactAt(code), environment, functionName: asFunctionName('any') };
}

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
    await this.sandbox.bind(boundTo(this.#runtime, code, options));
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

/** A function in Node that runs any expression and returns its value, or the code of its error. */
export const TRIES = `
const fs = require('node:fs'), os = require('node:os'), cp = require('node:child_process');
exports.handler = async (source) => {
  try { return (await eval(source)) ?? null; } catch (error) { return error.code ?? String(error); }
};`;

/** Text of a file, or where a link leads. */
export type Laid = string | { readonly link: string };

/** Creates a folder of code in `home`, as the store does: only its owner can write there. */
export async function layCode(
  home: string,
  files: Readonly<Record<string, Laid>>,
  executable: readonly string[] = [],
): Promise<string> {
  await mkdir(codeIn(home), { recursive: true });
  const root = await mkdtemp(join(codeIn(home), 'code-'));
  // mkdtemp makes it 0700, but the sandbox's user must be able to read it.
  await chmod(root, 0o755);
  for (const [name, laid] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (typeof laid === 'string')
      await writeFile(path, laid, { mode: executable.includes(name) ? 0o555 : name === 'bootstrap' ? 0o555 : 0o444 });
    else await symlink(laid.link, path);
  }
  return root;
}
