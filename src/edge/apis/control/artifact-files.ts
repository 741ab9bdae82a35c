import { ARTIFACT_FILES_TYPE, unpackedSize } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Operations } from '../../../operations/index.ts';

type ArtifactFiles = Parameters<Parameters<Operations['artifacts']['files']>[1]>[0];

const LENGTH_BYTES = 4;

/**
 * Sends an artifact's manifest and contents as fast as the client takes them. Where a content turns out to be altered,
 * the answer breaks off before its length. Rejects with `LAM_EDGE_CLIENT_GONE`.
 */
export async function streamFiles({ manifest, contents }: ArtifactFiles, reply: Reply): Promise<void> {
  let isGone = false;
  let wake: (() => void) | undefined;
  const json = Buffer.from(JSON.stringify(manifest));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  const total = LENGTH_BYTES + json.length + unpackedSize(manifest);
  reply.cancelWhenGone({
    cancel() {
      isGone = true;
      wake?.();
    },
  });
  const headers = ['content-type', ARTIFACT_FILES_TYPE, 'content-length', String(total)];
  reply.start(200, headers, () => wake?.());
  const write = async (piece: Uint8Array): Promise<void> => {
    const mayGoOn = reply.write(piece);
    if (!mayGoOn && !isGone) await new Promise<void>((resolve) => (wake = resolve));
    if (isGone) throw lamError('LAM_EDGE_CLIENT_GONE', {});
  };
  await write(length);
  await write(json);
  try {
    for await (const piece of contents) await write(piece);
  } catch (thrown) {
    // The head is sent: only an incomplete answer can still say it.
    reply.breakOff();
    throw lamError('LAM_EDGE_CLIENT_GONE', {}, thrown);
  }
  reply.end();
}
