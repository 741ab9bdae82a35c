import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { Runtime } from '../../runtimes/index.ts';

/** Oldest Python whose language the bootstrap is written in. */
const OLDEST_PYTHON_MINOR = 8;
/** As src/bootstraps/python3 asks for: nothing of the host is seen, nothing is written beside the code. */
const PYTHON_FLAGS = ['-I', '-S', '-B', '-X', 'utf8'] as const;
// The real path: a link to an interpreter says nothing of where its library is, and a container sees only that place.
const ASK = 'import os, sys; print(os.path.realpath(sys.executable)); print("%d.%d.%d" % sys.version_info[:3])';

/** A program that runs functions of one runtime. */
export interface Interpreter {
  /** Program and first arguments. */
  readonly command: readonly string[];
  /** For the author, when it is another version than the one asked for. */
  readonly notice: string | null;
}

/** Finds interpreters, each once. */
export class Interpreters {
  readonly #nodeCommand: readonly string[];
  readonly #pythonBootstrap: string;
  readonly #path: string;
  readonly #pythons = new Map<string, Promise<Interpreter>>();

  /**
   * `nodeCommand`: program and first arguments that run the Node bootstrap. `pythonBootstrap`: path of bootstrap.py.
   * `path`: the folders to look in, written as in `PATH`.
   */
  constructor(nodeCommand: readonly string[], pythonBootstrap: string, path = process.env['PATH'] ?? '') {
    this.#nodeCommand = nodeCommand;
    this.#pythonBootstrap = pythonBootstrap;
    this.#path = path;
  }

  /** For `nodejs` and `python3`. Throws `LAM_DRIVER_RUNTIME_MISSING`; what is missing is looked for again next time. */
  async find(runtime: Runtime): Promise<Interpreter> {
    if (runtime.family === 'nodejs') return { command: this.#nodeCommand, notice: nodeNotice(runtime.version) };
    const wanted = runtime.version ?? '';
    let found = this.#pythons.get(wanted);
    if (found === undefined) {
      found = this.#findPython(runtime.version);
      this.#pythons.set(wanted, found);
      found.catch(() => this.#pythons.delete(wanted));
    }
    return found;
  }

  async #findPython(version: string | undefined): Promise<Interpreter> {
    const names = version === undefined ? ['python3'] : [`python${version}`, 'python3'];
    for (const name of names) {
      for (const path of await onPath(this.#path, name)) {
        const python = await ask(path);
        if (python === undefined) continue;
        const matches = version === undefined || python.version.startsWith(`${version}.`);
        const notice = matches
          ? null
          : `python${version} was asked for, and Python ${python.version} runs it: there is no python${version} on PATH`;
        return { command: [python.executable, ...PYTHON_FLAGS, this.#pythonBootstrap], notice };
      }
    }
    throw lamError('LAM_DRIVER_RUNTIME_MISSING', {
      runtime: version === undefined ? 'python3' : `python${version}`,
      wants: `Python 3.${OLDEST_PYTHON_MINOR} or newer`,
    });
  }
}

function nodeNotice(version: string | undefined): string | null {
  const own = process.versions.node;
  return version === undefined || own.startsWith(`${version}.`)
    ? null
    : `nodejs${version}.x was asked for, and Node ${own}, which runs lam, runs it`;
}

async function onPath(searchPath: string, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name);
    const executable =
      folder !== '' &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ));
    if (executable) found.push(path);
  }
  return found;
}

/** Asks a Python who it really is: what is on PATH may be a shim, which would cost every sandbox a slow script. */
function ask(path: string): Promise<{ executable: string; version: string } | undefined> {
  return new Promise((resolve) => {
    execFile(path, ['-I', '-S', '-c', ASK], { timeout: 10_000 }, (error, stdout) => {
      const [executable, version] = stdout.trim().split('\n');
      const minor = Number(/^3\.(\d+)\./.exec(version ?? '')?.[1] ?? -1);
      resolve(
        error !== null || executable === undefined || version === undefined || minor < OLDEST_PYTHON_MINOR
          ? undefined
          : { executable, version },
      );
    });
  });
}
