import { fstatSync } from 'node:fs';
import { zipFiles, type BuiltArtifact, type FileIdentity, type FunctionArtifact } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import type { ArtifactAnswer, FunctionName, Manifest } from '../../contract/index.ts';
import { isLamError, lamError } from '../../errors/index.ts';
import { uploadProgress } from './upload-progress.ts';

/** An artifact that the daemon has. */
export type Sent = Pick<ArtifactAnswer, 'artifact' | 'repaired'>;

/** The files that stdout and stderr of this process are written to. */
export function ownOutput(): readonly FileIdentity[] {
  return [1, 2].flatMap((descriptor) => {
    try {
      const stats = fstatSync(descriptor);
      return stats.isFile() ? [{ dev: stats.dev, ino: stats.ino }] : [];
    } catch {
      // The descriptor is closed.
      return [];
    }
  });
}

/** How often files are read that change meanwhile. */
const READINGS = 4;

/**
 * The uploads of one deploy. An artifact that functions share is sent once; those of the same folder are sent one after
 * another, because most of their files are the same.
 */
export class Uploads {
  readonly #client: LamClient;
  readonly #sent = new Map<Manifest, Promise<Sent>>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(client: LamClient) {
    this.#client = client;
  }

  /** As {@link sendUnchanged}. */
  async send(
    { name, directory }: { readonly name: FunctionName; readonly directory: string },
    built: FunctionArtifact,
    say: (line: string) => void,
  ): Promise<Sent & Pick<BuiltArtifact, 'notices'>> {
    const shared = this.#sent.get(built.manifest);
    if (shared !== undefined) return { artifact: (await shared).artifact, notices: built.notices };
    const turn = (this.#last.get(directory) ?? Promise.resolve()).then(() =>
      sendUnchanged(name, built, this.#client, say),
    );
    this.#last.set(
      directory,
      turn.catch(() => undefined),
    );
    this.#sent.set(built.manifest, turn);
    return turn;
  }
}

/** Sends an artifact; reads its files again when one has changed since. Throws `LAM_BUILD_CHANGING`. */
export async function sendUnchanged(
  name: FunctionName,
  built: FunctionArtifact,
  client: LamClient,
  say: (line: string) => void,
): Promise<Sent & Pick<BuiltArtifact, 'notices'>> {
  let current: BuiltArtifact = built;
  for (let readings = 1; ; readings += 1) {
    try {
      return { ...(await send(current, client, readings === 1 ? say : () => undefined)), notices: current.notices };
    } catch (error) {
      const path = changedPath(error);
      if (path === undefined) throw error;
      if (readings === READINGS) throw lamError('LAM_BUILD_CHANGING', { function: name, path, readings }, error);
      current = await built.reread();
    }
  }
}

/** The path of the file that was not what it had been when it was digested; undefined for another failure. */
function changedPath(error: unknown): string | undefined {
  const [own, cause] = [error, error instanceof Error ? error.cause : undefined].filter(isLamError);
  const changed = [own, cause].find((each) => each !== undefined && CHANGED.has(each.code));
  return changed === undefined ? undefined : String(changed.details['path']);
}

const CHANGED: ReadonlySet<string> = new Set(['LAM_STORE_ARTIFACT_MISMATCH', 'LAM_BUILD_FILE_LOST']);

/** Uploads the files that the daemon lacks. `say` prints lines of progress. */
export async function send(
  built: Pick<BuiltArtifact, 'manifest' | 'files'>,
  client: LamClient,
  say: (line: string) => void,
): Promise<Sent> {
  const plan = await client.artifacts.plan(built.manifest);
  if (plan.known) return plan;
  const missing = new Set(plan.missing);
  if (missing.size > 0) say(`sending ${missing.size === 1 ? 'one file' : `${missing.size} files`}`);
  return client.artifacts.upload({
    manifest: built.manifest,
    zip: missing.size === 0 ? null : zipFiles(built, missing, uploadProgress(missing.size, say)),
  });
}
