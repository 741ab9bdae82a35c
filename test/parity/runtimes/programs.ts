import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ifCode, NOT_OURS } from '../../support/if-code.ts';

/** Why a runtime cannot run here, if one of these programs is not on PATH; undefined if all are. */
export function withoutProgram(...names: readonly string[]): () => Promise<string | undefined> {
  return () => {
    const missing = names.find((name) => !isOnPath(name));
    return Promise.resolve(missing === undefined ? undefined : `no ${missing} on PATH`);
  };
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch (error) {
      return ifCode([...NOT_OURS, 'ENOTDIR'], false)(error);
    }
  });
}
