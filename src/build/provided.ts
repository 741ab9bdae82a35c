import type { FamilyBuild } from './family-build.ts';
import { plainSources } from './plain-sources.ts';

const BOOTSTRAP = 'bootstrap';

/** The author's folder as it is; inline code is the executable itself, a script with its interpreter in the first line. */
export const provided: FamilyBuild = {
  candidates: () => [BOOTSTRAP],
  sources: (fn) => plainSources(fn),
  inline: () => ({ file: BOOTSTRAP, executable: true, handler: BOOTSTRAP }),
};
