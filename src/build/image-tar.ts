import { open } from 'node:fs/promises';

/** What a tar says of the images in it. */
export type ImageTar =
  /** `tags`: the names that its images have; undefined where only the engine can read it, as for compressed ones. */
  | { readonly isImage: true; readonly tags: readonly string[] | undefined }
  | { readonly isImage: false; readonly why: string };

const BLOCK = 512;
const GZIP = 0x1f8b;
const ZSTD = 0x28b52ffd;
/** Entries looked at: images have a few per layer. */
const MOST_ENTRIES = 100_000;
/** Longest manifest (bytes). */
const MANIFEST_BYTES = 16 * 1024 * 1024;

/** Looks for the manifest in a tar; reads only the heads of other entries. Rejects with the system's error. */
export async function readImageTar(file: string): Promise<ImageTar> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(BLOCK);
    for (let at = 0, entry = 0; entry < MOST_ENTRIES; entry += 1) {
      const { bytesRead } = await handle.read(head, 0, BLOCK, at);
      if (at === 0 && (head.readUInt16BE(0) === GZIP || head.readUInt32BE(0) === ZSTD))
        return { isImage: true, tags: undefined };
      if (bytesRead < BLOCK || head[0] === 0) break;
      if (head.toString('latin1', 257, 262) !== 'ustar') return { isImage: false, why: 'it is not a tar' };
      const name = head.toString('utf8', 0, 100).replace(/\0.*$/s, '').replace(/^\.\//, '');
      const size = Number.parseInt(head.toString('latin1', 124, 136), 8);
      if (!Number.isSafeInteger(size)) return { isImage: false, why: 'it is not a tar' };
      if (name === 'oci-layout') return { isImage: true, tags: undefined };
      if (name === 'manifest.json') {
        const { buffer } = await handle.read(
          Buffer.alloc(Math.min(size, MANIFEST_BYTES)),
          0,
          Math.min(size, MANIFEST_BYTES),
          at + BLOCK,
        );
        return tagsIn(buffer.toString('utf8'));
      }
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
    return { isImage: false, why: 'it has no manifest.json, so docker save did not make it' };
  } finally {
    await handle.close();
  }
}

function tagsIn(manifest: string): ImageTar {
  try {
    const images = JSON.parse(manifest) as readonly { readonly RepoTags?: readonly string[] | null }[];
    if (images.length !== 1) return { isImage: false, why: `it holds ${images.length} images; save the one to run` };
    return { isImage: true, tags: images.flatMap(({ RepoTags: tags }) => tags ?? []) };
  } catch {
    return { isImage: false, why: 'its manifest.json cannot be read' };
  }
}
