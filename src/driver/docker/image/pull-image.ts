import { lamError } from '../../../errors/index.ts';
import { isUnreachable, reasonOf } from '../engine/docker-errors.ts';

/** An image that the engine has. */
export interface PulledImage {
  readonly image: string;
  /** `sha256:...`. */
  readonly id: string;
  /** Bytes. */
  readonly size: number;
}

/** Pulls an image. Throws `LAM_DRIVER_IMAGE_MISSING` or `LAM_DRIVER_DOCKER_UNREACHABLE`. */
export async function pullImage(socketPath: string, image: string, say: (line: string) => void): Promise<PulledImage> {
  const { default: Docker } = await import('dockerode');
  const docker = new Docker({ socketPath });
  try {
    const stream: NodeJS.ReadableStream = await docker.pull(image);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        stream,
        (error: Error | null) => (error === null ? resolve() : reject(error)),
        ({ status, id }: { readonly status?: string; readonly id?: string }) => {
          if (status !== undefined && !/^(?:Downloading|Extracting)$/.test(status))
            say(id === undefined ? status : `${id}: ${status}`);
        },
      );
    });
    const { Id, Size } = await docker.getImage(image).inspect();
    return { image, id: Id, size: Size };
  } catch (thrown) {
    const reason = reasonOf(thrown);
    if (isUnreachable(thrown))
      throw lamError('LAM_DRIVER_DOCKER_UNREACHABLE', { reason: `${socketPath}: ${reason}` }, thrown);
    throw lamError('LAM_DRIVER_IMAGE_MISSING', { image, reason }, thrown);
  }
}
