import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes the executable of an artifact: a script that ends with `command`. */
export function writeBootstrap(folder: string, command: string): Promise<void> {
  return writeFile(join(folder, 'bootstrap'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}
