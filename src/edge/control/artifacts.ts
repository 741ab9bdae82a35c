import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ARTIFACT_CONTENT_TYPE, type ArtifactAnswer } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import { manifestOf, objectOf } from './requests.ts';
import type { ControlServices } from './services.ts';

/** Most bytes of a manifest's JSON. */
const MANIFEST_BYTES = 64 * 1024 * 1024;

/** Takes a body of {@link ARTIFACT_CONTENT_TYPE} apart while it comes and hands its zip on as a stream. */
export async function receiveArtifact(services: ControlServices, request: IncomingMessage): Promise<ArtifactAnswer> {
  if (request.headers['content-type'] !== ARTIFACT_CONTENT_TYPE) {
    throw lamError('LAM_EDGE_BAD_REQUEST', { what: `content-type is not ${ARTIFACT_CONTENT_TYPE}` });
  }
  const source = new PrefixReader(request);
  const length = (await source.take(4)).readUInt32BE();
  if (length > MANIFEST_BYTES) throw lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit: MANIFEST_BYTES });
  const manifest = manifestOf(objectOf((await source.take(length)).toString()));
  return services.ingest(manifest, Readable.from(source.rest()));
}

/** Reads exact lengths from the front of a stream, then gives the rest. */
class PrefixReader {
  readonly #iterator: AsyncIterator<Buffer>;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [this.#buffered];
    let have = this.#buffered.length;
    while (have < length) {
      const { done, value } = await this.#iterator.next();
      if (done === true) throw lamError('LAM_EDGE_BAD_REQUEST', { what: 'the artifact ends within its manifest' });
      parts.push(value);
      have += value.length;
    }
    const all = Buffer.concat(parts);
    this.#buffered = all.subarray(length);
    return all.subarray(0, length);
  }

  async *rest(): AsyncGenerator<Buffer> {
    if (this.#buffered.length > 0) yield this.#buffered;
    for (;;) {
      const { done, value } = await this.#iterator.next();
      if (done === true) return;
      yield value;
    }
  }
}
