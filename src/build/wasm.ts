import { DESCRIPTORS } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { plainSources } from './plain-sources.ts';

/** The author's folder as it is: `build.command` makes the module. */
export const wasm: FamilyBuild = {
  candidates: (handler) => [DESCRIPTORS.wasm.handler.file(handler)],
  sources: (fn) => plainSources(fn),
  inline: () => ({ file: 'main.wasm', executable: false, handler: 'main.wasm' }),
};
