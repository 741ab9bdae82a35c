import type { FamilyBuild } from './family-build.ts';
import { ANY_HANDLER, plainSources } from './plain-sources.ts';

const BOOTSTRAP = 'bootstrap';

/** The author's folder as it is; inline code becomes the executable, a script with a shebang. */
export const provided: FamilyBuild = {
  candidates: () => [BOOTSTRAP],
  sources: (fn) => plainSources(fn),
  sourceKey: ANY_HANDLER,
  inline: () => ({ file: BOOTSTRAP, executable: true, handler: BOOTSTRAP }),
};
