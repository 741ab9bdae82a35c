import { probeDocker } from '../../driver/docker/probe.ts';
import { buildImage, pullImage, type BuiltImage, type PulledImage } from '../../driver/docker/runtime-images.ts';
import { lamError } from '../../errors/index.ts';
import { requireRuntime } from '../../runtimes/index.ts';

/** An image to build. */
export interface ImageRequest {
  /** Of a runtime. */
  readonly identifier: string;
  /** Null: named by runtime and version. */
  readonly tag: string | null;
  /** Runs a Node program, whose path follows. */
  readonly nodeCommand: readonly string[];
}

/** Builds a small image from the programs of this machine. Throws as {@link buildImage} does, and as without an engine. */
export async function buildRuntimeImage(
  { identifier, tag, nodeCommand }: ImageRequest,
  say: (line: string) => void,
): Promise<BuiltImage> {
  const runtime = requireRuntime(identifier);
  return buildImage({ runtime, tag, nodeCommand, socketPath: await engineSocket(), say });
}

/**
 * Pulls the image that the maintainers of a runtime publish. Throws `LAM_CLI_NO_PUBLISHED_IMAGE`,
 * `LAM_DRIVER_IMAGE_MISSING`, and as without an engine.
 */
export async function pullRuntimeImage(
  identifier: string,
  registry: string | null,
  say: (line: string) => void,
): Promise<PulledImage> {
  const { descriptor, family, version } = requireRuntime(identifier);
  const name = descriptor.publishedImage?.(version);
  if (name === undefined) throw lamError('LAM_CLI_NO_PUBLISHED_IMAGE', { runtime: family });
  return pullImage(await engineSocket(), registry === null ? name : `${registry}/${name}`, say);
}

async function engineSocket(): Promise<string> {
  const probe = await probeDocker();
  if (!probe.ok) throw lamError('LAM_DRIVER_DOCKER_UNREACHABLE', { reason: probe.reason });
  return probe.socketPath;
}
