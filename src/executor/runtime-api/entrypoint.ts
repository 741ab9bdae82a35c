import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Why an artifact has no valid executable, as a function error. */
export interface EntrypointError {
  readonly errorType: 'Runtime.InvalidEntrypoint';
  readonly errorMessage: string;
}

/**
 * Null when `codeDir` (a host folder) holds the executable `file`; else the error document's contents, in AWS's words.
 */
export async function checkEntrypoint(codeDir: string, file: string): Promise<EntrypointError | null> {
  const path = join(codeDir, file);
  const refused = (why: string): EntrypointError => ({
    errorType: 'Runtime.InvalidEntrypoint',
    errorMessage: `Couldn't find valid bootstrap(s): [/var/task/${file}] (${why})`,
  });
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return refused('there is no such file');
  if (!found.isFile()) return refused('it is not a file');
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return executable ? null : refused(`it is not executable; make it so with chmod +x ${file}`);
}
