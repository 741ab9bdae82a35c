import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { lamError } from '../../errors/index.ts';
import { supplyWords, type Interpreter, type LamNode, type ProgramOnPath } from '../../runtimes/index.ts';

/** Time-out of asking a program for its version (ms). */
const ASK_MS = 10_000;

/** An interpreter of this machine. */
export interface FoundInterpreter {
  /** Program and first arguments; those of the descriptor's entry follow. */
  readonly command: readonly string[];
  /** Its version: `3.11.2`. */
  readonly version: string;
  /** Notice for the author when its version is not the configured one. */
  readonly notice: string | null;
  /** Host folders outside /usr to mount into a container. */
  readonly folders: readonly string[];
}

/** Finds the interpreters that descriptors name; caches each version found. */
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
   * `version`: from the runtime identifier, undefined for any. Throws `LAM_DRIVER_RUNTIME_MISSING`, which is not
   * cached.
   */
  async find(interpreter: Interpreter, version: string | undefined): Promise<FoundInterpreter> {
    if (interpreter.kind === 'lam-node')
      return {
        command: this.#nodeCommand,
        version: process.versions.node,
        notice: nodeNotice(interpreter, version),
        folders: [],
      };
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
    let other: Answer | undefined;
    for (const name of names) {
      for (const path of [...(await onPath(this.#path, name)), ...(await installed(wanted, name))]) {
        const answer = await ask(path, wanted);
        if (answer === undefined) continue;
        if (version === undefined || `${answer.version}.`.startsWith(`${version}.`)) return found(wanted, answer, null);
        other ??= answer;
      }
    }
    if (other !== undefined) {
      const wish = version === undefined || asked.includes(version) ? asked : `${asked} ${version}`;
      const notice = `${wish} is configured, but ${wanted.title} ${other.version} runs it: ${wish} is not on PATH`;
      return found(wanted, other, notice);
    }
    throw lamError('LAM_DRIVER_RUNTIME_MISSING', {
      runtime: asked,
      wants: `${wanted.title} ${wanted.oldest} or newer`,
      ...supplyWords(wanted.supply),
    });
  }
}

/** What a program says of itself. */
interface Answer {
  readonly executable: string;
  readonly version: string;
}

function found(wanted: ProgramOnPath, { executable, version }: Answer, notice: string | null): FoundInterpreter {
  return { command: [executable], version, notice, folders: wanted.folders(executable) };
}

/** The programs of this name in the installations that are kept outside PATH. */
async function installed({ installations = [] }: ProgramOnPath, name: string): Promise<readonly string[]> {
  const folders = installations.map(async (folder) => {
    const names = await readdir(folder).catch(() => []);
    return names.toSorted((a, b) => (a < b ? -1 : 1)).map((each) => join(folder, each, 'bin'));
  });
  return onPath((await Promise.all(folders)).flat().join(delimiter), name);
}

function nodeNotice({ title, asked }: LamNode, version: string | undefined): string | null {
  const own = process.versions.node;
  return version === undefined || own.startsWith(`${version}.`)
    ? null
    : `${asked(version)} is configured, but ${title} ${own}, which runs lam, runs it`;
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
 * Asks a program for its real path and version: an entry of PATH may be a shim, which would slow every start, or a
 * link, whose target is what a container must see. Undefined when it fails or is too old.
 */
async function ask(path: string, wanted: ProgramOnPath): Promise<Answer | undefined> {
  const printed = await new Promise<readonly string[]>((resolve) => {
    execFile(path, wanted.ask, { timeout: ASK_MS }, (error, ...streams) => resolve(error === null ? streams : []));
  });
  const answer = wanted.answer === undefined ? twoLines(printed[0] ?? '') : wanted.answer(printed.join('\n'));
  if (answer === undefined || !/^\d+(\.\d+)*$/.test(answer.version) || !isAtLeast(answer.version, wanted.oldest))
    return undefined;
  const executable = await realpath(answer.executable).catch(() => undefined);
  return executable === undefined ? undefined : { executable, version: answer.version };
}

function twoLines(printed: string): Answer {
  const [executable = '', version = ''] = printed.trim().split('\n');
  return { executable, version };
}

/** Compares dotted version numbers. */
function isAtLeast(version: string, oldest: string): boolean {
  const [have, need] = [version, oldest].map((text) => text.split('.').map(Number));
  for (const [at, least] of (need ?? []).entries()) {
    const number = have?.[at] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}
