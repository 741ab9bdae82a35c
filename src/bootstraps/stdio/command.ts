import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { InitRequest } from '../../executor/frames.ts';
import { readNeeds, runsOn } from '../../executor/runtime-api/executable.ts';
import { programOf, wordsOf } from '../../runtimes/command-line.ts';
import { UNPACKED_FILE } from '../../runtimes/unpacked-image.ts';
import { LoadFault } from '../program/host.ts';
import type { Command } from './started-command.ts';
import { unpackedCommand } from './unpacked-image.ts';

/** The command of an image, as its driver says it: `LAM_COMMAND` is a JSON list, `LAM_DIRECTORY` its folder. */
export function givenCommand({ LAM_COMMAND: words, LAM_DIRECTORY: directory }: NodeJS.ProcessEnv): Command | undefined {
  if (words === undefined || directory === undefined) return undefined;
  const [program = '', ...rest] = JSON.parse(words) as readonly string[];
  return { program: onPath(program, directory), arguments: rest, directory, environment: {} };
}

/** Returns the command of a handler. Throws {@link LoadFault}. */
export function commandOf({ handler, taskRoot }: InitRequest): Command {
  if (handler === UNPACKED_FILE) return unpackedCommand(taskRoot);
  const name = programOf(handler);
  const program = isAbsolute(name) ? name : join(taskRoot, name);
  return { program, arguments: wordsOf(handler)?.slice(1) ?? [], directory: taskRoot, environment: {} };
}

/** Rejects with {@link LoadFault} if the command cannot be started. `handler`: its name in the message. */
export async function refuseFault({ program }: Command, handler: string): Promise<void> {
  const why = await faultOf(program);
  if (why !== undefined)
    throw new LoadFault('Runtime.InvalidEntrypoint', `the handler '${handler}' cannot be started: ${why}`);
}

/** The file that a name without a slash means, as a shell looks for it; another name below `directory`. */
function onPath(name: string, directory: string): string {
  if (name.includes('/')) return resolve(directory, name);
  const folders = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return folders.find((path) => existsSync(path)) ?? name;
}

async function faultOf(program: string): Promise<string | undefined> {
  const found = await stat(program).catch(() => undefined);
  if (found === undefined) return `there is no file ${program}`;
  if (!found.isFile()) return `${program} is not a file`;
  if (!(await isPossible(program, constants.X_OK))) return `${program} is not executable; make it so with chmod +x`;
  const needs = await readNeeds(program);
  if (needs.kind === 'program' && !runsOn(process.arch, needs.machine))
    return `it is built for ${needs.machine}, and this machine is ${process.arch}`;
  const needed = needs.kind === 'script' ? needs.interpreter : needs.kind === 'program' ? needs.loader : '';
  if (!needed.startsWith('/') || (await isPossible(needed, constants.F_OK))) return undefined;
  if (needed.endsWith('\r')) return 'its first line ends with CR LF; save it with LF alone';
  return needs.kind === 'script'
    ? `its first line names the interpreter ${needed}, which does not exist here`
    : `it needs the dynamic loader ${needed}, which does not exist here; link it statically`;
}

function isPossible(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
