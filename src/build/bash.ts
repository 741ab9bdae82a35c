import { DESCRIPTORS } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { ANY_HANDLER, plainSources } from './plain-sources.ts';

/** The author's folder as it is. */
export const bash: FamilyBuild = {
  candidates: (handler) => [`${DESCRIPTORS.bash.handler.file(handler)}.sh`],
  sources: (fn) => plainSources(fn),
  sourceKey: ANY_HANDLER,
  inline: () => ({ file: 'handler.sh', executable: false, handler: 'handler.handle' }),
};
