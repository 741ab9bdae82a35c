import { isAbsolute } from 'node:path';
import { DESCRIPTORS } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { plainSources } from './plain-sources.ts';

const PROGRAM = 'main';

/** The author's folder as it is; inline code becomes the program, a script with a shebang. */
export const stdio: FamilyBuild = {
  candidates(handler) {
    const program = DESCRIPTORS.stdio.handler.file(handler);
    // A program of the system is not in the package.
    return isAbsolute(program) ? [] : [program];
  },
  sources: (fn) => plainSources(fn),
  inline: () => ({ file: PROGRAM, executable: true, handler: PROGRAM }),
};
