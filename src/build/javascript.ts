import type { FamilyBuild } from './family-build.ts';
import { nodeDependencies } from './node-dependencies.ts';
import { plainSources } from './plain-sources.ts';

/** Extensions of handlers' files where TypeScript runs as it is, in the order in which the client tries them. */
const ENDINGS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'] as const;

/**
 * The build of a runtime that runs TypeScript as it is: the author's folder on top of the packages that package.json
 * declares. `file`: returns the handler's file without its extension.
 */
export function javascriptBuild(file: (handler: string) => string): FamilyBuild {
  return {
    candidates: (handler) => ['', ...ENDINGS].map((ending) => file(handler) + ending),
    sources: (fn, context) => plainSources(fn, (rules) => nodeDependencies(fn, rules, context)),
    inline: () => ({ file: 'index.ts', executable: false, handler: 'index.handler' }),
  };
}
