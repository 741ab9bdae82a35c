import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { readNeeds, runsOn, type ExecutableNeeds } from './executable.ts';

/** Why an artifact has no valid executable, as a function error. */
export interface EntrypointError {
  readonly errorType: 'Runtime.InvalidEntrypoint';
  readonly errorMessage: string;
}

/** Where an executable is to run. */
export interface EntrypointPlace {
  /** Whether there is a file at this absolute path. */
  exists(path: string): Promise<boolean>;
  /** Its architecture, as in `process.arch`; undefined where others run too. */
  readonly machine: string | undefined;
  /** In messages: `this machine`. */
  readonly title: string;
}

/**
 * Null when `codeDir` (a host folder) holds the executable `file`; else the error document's contents, in AWS's words.
 */
export async function checkEntrypoint(codeDir: string, file: string): Promise<EntrypointError | null> {
  const path = join(codeDir, file);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return entrypointError(file, 'there is no such file');
  if (!found.isFile()) return entrypointError(file, 'it is not a file');
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return executable ? null : entrypointError(file, `it is not executable; make it so with chmod +x ${file}`);
}

/** Null when `place` has what the executable `file` in `codeDir` needs to start; else what is missing. */
export async function checkNeeds(
  codeDir: string,
  file: string,
  place: EntrypointPlace,
): Promise<EntrypointError | null> {
  const why = await missing(await readNeeds(join(codeDir, file)), place);
  return why === undefined ? null : entrypointError(file, why);
}

async function missing(needs: ExecutableNeeds, place: EntrypointPlace): Promise<string | undefined> {
  if (needs.kind === 'unknown') return undefined;
  if (needs.kind === 'program') {
    if (place.machine !== undefined && !runsOn(place.machine, needs.machine))
      return `it is built for ${needs.machine}, and ${place.title} is ${place.machine}`;
    if (needs.loader === '' || (await place.exists(needs.loader))) return undefined;
    return `it needs the dynamic loader ${needs.loader}, which ${place.title} does not have; link it statically or build it for this system's C library`;
  }
  const { interpreter } = needs;
  if (interpreter.endsWith('\r')) return 'its first line ends with CR LF; save it with LF alone';
  // Others are relative to the folder that it is started in.
  if (!interpreter.startsWith('/') || (await place.exists(interpreter))) return undefined;
  return `its first line names the interpreter ${interpreter}, which ${place.title} does not have`;
}

/** Says that the executable `file` of an artifact cannot start, in AWS's words. */
export function entrypointError(file: string, why: string): EntrypointError {
  return {
    errorType: 'Runtime.InvalidEntrypoint',
    errorMessage: `Couldn't find valid bootstrap(s): [/var/task/${file}] (${why})`,
  };
}
