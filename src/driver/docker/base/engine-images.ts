import { createReadStream } from 'node:fs';
import type Docker from 'dockerode';
import { isLamError, lamError } from '../../../errors/index.ts';
import { keptImageName, type PinnedImage } from '../../../runtimes/index.ts';
import type { EngineImages } from '../../sandbox.ts';
import { dockerError, isMissing, isUnreachable, reasonOf } from '../engine/docker-errors.ts';

/** Names that lam gives to images. */
const OWN_NAMES = /^lam-(?:image-|host-base:)/;

/** What the images of an engine are reached by. */
export interface EngineImageParts {
  readonly docker: () => Promise<Docker>;
  readonly socketPath: string;
  /** Repository of the names under which images are kept. */
  readonly kept: string;
  /** Pulls an image unless it is there; resolves with why that is not possible, or null. */
  readonly fetch: (name: string) => Promise<string | null>;
}

/** Implements {@link EngineImages} with a Docker engine. */
export function engineImages(parts: EngineImageParts): EngineImages {
  const failed = (thrown: unknown, image: string | null): Error =>
    dockerError(thrown, { socketPath: parts.socketPath, functionName: '', image });
  return {
    async load(file) {
      const docker = await parts.docker();
      try {
        const answer = await docker.loadImage(createReadStream(file), { quiet: true });
        const said = await finished(docker, answer);
        // Older engines pass over what they cannot read.
        if (!said.some(({ stream }) => stream?.startsWith('Loaded image') === true))
          throw lamError('LAM_DRIVER_IMAGE_REFUSED', { reason: 'it found no image that it can read' });
      } catch (thrown) {
        if (isLamError(thrown) || isUnreachable(thrown)) throw failed(thrown, null);
        throw lamError('LAM_DRIVER_IMAGE_REFUSED', { reason: reasonOf(thrown) }, thrown);
      }
    },
    async names() {
      const docker = await parts.docker();
      const found = await docker.listImages().catch((thrown: unknown) => {
        throw failed(thrown, null);
      });
      const names = found.flatMap(({ RepoTags: tags }) => tags ?? []);
      return names.filter((name) => !OWN_NAMES.test(name) && name !== '<none>:<none>').toSorted();
    },
    async keep(name) {
      try {
        return await keep(parts, name);
      } catch (thrown) {
        throw failed(thrown, name);
      }
    },
  };
}

async function keep({ docker: connect, kept, fetch }: EngineImageParts, name: string): Promise<PinnedImage> {
  const docker = await connect();
  const found = await docker
    .getImage(name)
    .inspect()
    .catch(async (thrown: unknown) => {
      if (!isMissing(thrown)) throw thrown;
      const reason = await fetch(name);
      if (reason !== null) throw lamError('LAM_DRIVER_IMAGE_MISSING', { image: name, reason }, thrown);
      return docker.getImage(name).inspect();
    });
  const { repository: repo, tag } = keptImageName(kept, found.Id);
  await docker.getImage(found.Id).tag({ repo, tag });
  // The types promise more than engines send.
  const config = found.Config as Partial<typeof found.Config> | null;
  return {
    source: name,
    id: found.Id,
    architecture: found.Architecture,
    entryPoint: wordsOf(config?.Entrypoint),
    command: wordsOf(config?.Cmd),
    workingDirectory: config?.WorkingDir || '/',
  };
}

function wordsOf(words: readonly string[] | string | null | undefined): readonly string[] {
  return typeof words === 'string' ? [words] : (words ?? []);
}

/** A report on the progress of work. */
interface ProgressReport {
  readonly stream?: string;
}

/** Waits for the end of a stream of progress reports and returns them; rejects with the first error reported. */
export function finished(docker: Docker, stream: NodeJS.ReadableStream): Promise<readonly ProgressReport[]> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, reports: readonly ProgressReport[]) =>
      error === null ? resolve(reports) : reject(error),
    );
  });
}
