import { DESCRIPTORS } from '../runtimes/index.ts';
import type { FamilyBuild } from './family-build.ts';
import { javascriptBuild } from './javascript.ts';

/** Bun runs what the author wrote. */
export const bun: FamilyBuild = javascriptBuild((handler) => DESCRIPTORS.bun.handler.file(handler));
