import { buildLayerFolder, type BuildContext } from '../../build/index.ts';
import type { LamClient } from '../../client/index.ts';
import { parseLayerReference, type Digest, type FunctionLayers, type FunctionName } from '../../contract/index.ts';
import { invariant } from '../../kit/index.ts';
import type { ProjectFunction, ProjectLayer } from '../../project/index.ts';
import { sendUnchanged } from './upload.ts';

/** A layer that the daemon has, and notices for the author. */
interface SentLayer {
  readonly artifact: Digest;
  readonly notices: readonly string[];
}

/** The layers of a function, and notices for the author. */
export interface SentLayers {
  /** Null for none. */
  readonly layers: FunctionLayers | null;
  readonly notices: readonly string[];
}

/** Sends the layers of the functions of one deploy, each layer once. */
export class LayerSender {
  readonly #client: LamClient;
  readonly #place: Pick<BuildContext, 'ownOutput'>;
  /** By path or reference. */
  readonly #sent = new Map<string, Promise<SentLayer>>();

  constructor(client: LamClient, place: Pick<BuildContext, 'ownOutput'>) {
    this.#client = client;
    this.#place = place;
  }

  /**
   * Sends what the daemon lacks of a function's layers, and has it merge them. Throws `LAM_BUILD_*`,
   * `LAM_STORE_ZIP_*` or `LAM_OPERATIONS_LAYER_NOT_FOUND`.
   */
  async send(fn: ProjectFunction, say: (line: string) => void): Promise<SentLayers> {
    if (fn.layers.length === 0) return { layers: null, notices: [] };
    const sent = await Promise.all(fn.layers.map((layer) => this.#once(fn.name, layer, say)));
    const sources = fn.layers.map(({ source }) => source);
    const [first, ...more] = sent.map(({ artifact }) => artifact);
    const artifact =
      first !== undefined && more.length === 0
        ? first
        : (await this.#client.artifacts.merge(sent.map((layer) => layer.artifact))).artifact;
    return { layers: { sources, artifact }, notices: sent.flatMap(({ notices }) => notices) };
  }

  #once(whose: FunctionName, { source, path }: ProjectLayer, say: (line: string) => void): Promise<SentLayer> {
    const key = path ?? source;
    const before = this.#sent.get(key);
    if (before !== undefined) return before;
    const sending = path === null ? this.#published(source) : sendLayer(whose, path, this.#client, this.#place, say);
    this.#sent.set(key, sending);
    return sending;
  }

  async #published(source: string): Promise<SentLayer> {
    const reference = parseLayerReference(source);
    invariant(reference !== undefined, 'a layer without a path is a published version');
    const { artifact } = await this.#client.layers.get(reference.name, reference.version);
    return { artifact, notices: [] };
  }
}

/** Sends a folder or a zip as a layer. Throws `LAM_BUILD_*` or `LAM_STORE_ZIP_*`. */
// oxlint-disable-next-line max-params -- who, what, to whom, and how
export async function sendLayer(
  whose: FunctionName,
  path: string,
  client: LamClient,
  place: Pick<BuildContext, 'ownOutput'>,
  say: (line: string) => void,
): Promise<SentLayer> {
  if (path.endsWith('.zip')) return { artifact: (await client.artifacts.uploadZip(path)).artifact, notices: [] };
  const built = await buildLayerFolder(whose, path, place);
  const { artifact, notices } = await sendUnchanged(whose, built, client, say);
  return { artifact, notices };
}
