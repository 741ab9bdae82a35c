import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** The last descriptor of input, output and errors. */
const LAST_STANDARD = 2;
/** Flag of descriptors that a started program does not get; see fcntl(2) and proc(5). */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes the files that the program left open which started this one, so that functions do not inherit them: a shell's
 * `<(command)`, a lock. Files that this process opened are not passed on, and stay open. Linux only; elsewhere nothing
 * happens.
 */
export function closeInheritedFiles(): void {
  for (const name of namesIn('/proc/self/fdinfo')) {
    const descriptor = Number(name);
    if (descriptor > LAST_STANDARD && isPassedOn(name)) closeSync(descriptor);
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not Linux.
    return [];
  }
}

function isPassedOn(name: string): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The one by which the folder was read.
    return false;
  }
}
