import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import type { Interpreter, LamNode, ProgramOnPath } from '../../runtimes/index.ts';

/** Patience with a program that is asked for its version, ms. */
const ASK_MS = 10_000;

/** An interpreter of this machine. */
export interface FoundInterpreter {
  /** Program and first arguments; what the descriptor's entry adds comes behind them. */
  readonly command: readonly string[];
  /** For the author, when it is another version than the one asked for. */
  readonly notice: string | null;
  /** Host folders beside /usr that it needs to see inside a container. */
  readonly folders: readonly string[];
}

/** Finds the interpreters that descriptors name, each version once. */
export class Interpreters {
  readonly #nodeCommand: readonly string[];
  readonly #path: string;
  readonly #onPath = new Map<string, Promise<FoundInterpreter>>();

  /**
   * `nodeCommand`: program and first arguments that run a Node program, whose path follows. `path`: the folders to look
   * in, written as in `PATH`.
   */
  constructor(nodeCommand: readonly string[], path = process.env['PATH'] ?? '') {
    this.#nodeCommand = nodeCommand;
    this.#path = path;
  }

  /**
   * `version`: as the runtime identifier asks for it, undefined for any. Throws `LAM_DRIVER_RUNTIME_MISSING`; what is
   * missing is looked for again next time.
   */
  async find(interpreter: Interpreter, version: string | undefined): Promise<FoundInterpreter> {
    if (interpreter.kind === 'lam-node')
      return { command: this.#nodeCommand, notice: nodeNotice(interpreter, version), folders: [] };
    const key = `${interpreter.title} ${version ?? ''}`;
    let found = this.#onPath.get(key);
    if (found === undefined) {
      found = this.#findOnPath(interpreter, version);
      this.#onPath.set(key, found);
      found.catch(() => this.#onPath.delete(key));
    }
    return found;
  }

  async #findOnPath(wanted: ProgramOnPath, version: string | undefined): Promise<FoundInterpreter> {
    const names = wanted.programs(version);
    const [asked = wanted.title] = names;
    for (const name of names) {
      for (const path of await onPath(this.#path, name)) {
        const answer = await ask(path, wanted);
        if (answer === undefined) continue;
        const matches = version === undefined || `${answer.version}.`.startsWith(`${version}.`);
        const notice = matches
          ? null
          : `${asked} was asked for, and ${wanted.title} ${answer.version} runs it: there is no ${asked} on PATH`;
        return { command: [answer.executable], notice, folders: wanted.folders(answer.executable) };
      }
    }
    throw lamError('LAM_DRIVER_RUNTIME_MISSING', {
      runtime: asked,
      wants: `${wanted.title} ${wanted.oldest} or newer`,
    });
  }
}

function nodeNotice({ title, asked }: LamNode, version: string | undefined): string | null {
  const own = process.versions.node;
  return version === undefined || own.startsWith(`${version}.`)
    ? null
    : `${asked(version)} was asked for, and ${title} ${own}, which runs lam, runs it`;
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

/**
 * Asks a program who it really is: what is on PATH may be a shim, which would cost every sandbox a slow script, or a link,
 * and a container sees only the folder it leads to. Undefined where it does not answer, or is too old.
 */
async function ask(
  path: string,
  wanted: ProgramOnPath,
): Promise<{ readonly executable: string; readonly version: string } | undefined> {
  const printed = await new Promise<string>((resolve) => {
    execFile(path, wanted.ask, { timeout: ASK_MS }, (error, stdout) => resolve(error === null ? stdout : ''));
  });
  const [named = '', version = ''] = printed.trim().split('\n');
  if (!/^\d+(\.\d+)*$/.test(version) || !isAtLeast(version, wanted.oldest)) return undefined;
  const executable = await realpath(named).catch(() => undefined);
  return executable === undefined ? undefined : { executable, version };
}

/** Compares dotted versions, number by number. */
function isAtLeast(version: string, oldest: string): boolean {
  const [have, need] = [version, oldest].map((text) => text.split('.').map(Number));
  for (const [at, least] of (need ?? []).entries()) {
    const number = have?.[at] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
