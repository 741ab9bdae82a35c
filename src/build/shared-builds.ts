import type { FunctionName } from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import type { ProjectFunction } from '../project/index.ts';
import { requireRuntime } from '../runtimes/index.ts';
import type { BuildContext, DigestMemo, FunctionArtifact } from './artifact.ts';
import { buildSource, forFunction, withRealFolders } from './build-function.ts';
import { BUILDS } from './list.ts';

/** The builds of one deploy: functions of the same source and build settings share one, and no file is read twice. */
export class SharedBuilds {
  readonly #place: Omit<BuildContext, 'log' | 'step' | 'digests'>;
  readonly #begun = new Map<string, Promise<FunctionArtifact>>();
  readonly #digests: DigestMemo = new Map();

  constructor(place: Omit<BuildContext, 'log' | 'step' | 'digests'>) {
    this.#place = place;
  }

  /**
   * As `buildFunction`; functions that share a build get the same manifest. What tools print is told to the function that
   * began the build. Artifacts are disposed of together, by {@link dispose}.
   */
  async build(given: ProjectFunction, voice: Pick<BuildContext, 'log' | 'step'>): Promise<FunctionArtifact> {
    const fn = await withRealFolders(given);
    const key = await shareKey(fn);
    const begun = this.#begun.get(key);
    const built = begun ?? buildSource(fn, { ...this.#place, ...voice, digests: this.#digests });
    if (begun === undefined) this.#begun.set(key, built);
    try {
      return forFunction(fn, await built);
    } catch (error) {
      throw begun === undefined ? error : errorOf(fn.name, error);
    }
  }

  /** Removes the temporary files of all builds. Never rejects. */
  async dispose(): Promise<void> {
    const builds = [...this.#begun.values()];
    this.#begun.clear();
    await Promise.allSettled(builds.map(async (built) => (await built).dispose()));
  }
}

/** Equal for functions that have the same artifact. */
async function shareKey(fn: ProjectFunction): Promise<string> {
  const { directory, othersFolders, build, config } = fn;
  const { sourceKey } = BUILDS[requireRuntime(config.runtime).family];
  const own = sourceKey === undefined ? config.handler : await sourceKey(fn);
  return JSON.stringify([directory, othersFolders.toSorted(), build, config.runtime, own]);
}

/** The failure of a shared build as that of another function. */
function errorOf(name: FunctionName, error: unknown): unknown {
  if (!isLamError(error) || !('function' in error.details)) return error;
  const details = { ...error.details, function: name } as never;
  return lamError(error.code, details, error.cause);
}
