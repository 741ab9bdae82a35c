import {
  CONTROL,
  type LayerName,
  type LayerReference,
  type LayerVersion,
  type LayerVersionDetail,
  type PublishLayerAnswer,
  type PublishLayerRequest,
} from '../contract/index.ts';
import type { Ask } from './transport.ts';

/** Calls about layers. */
export interface LayerCalls {
  /** All versions of a layer, or the newest version of each layer. */
  layers(name?: LayerName): Promise<readonly LayerVersion[]>;
  publishLayer(name: LayerName, request: PublishLayerRequest): Promise<PublishLayerAnswer>;
  layerVersion(reference: LayerReference): Promise<LayerVersionDetail>;
  deleteLayerVersion(reference: LayerReference): Promise<void>;
}

/** Makes the calls out of a client's ways to ask the daemon: without a body, and with one of JSON. */
export function layerCalls(
  ask: <T>(method: Ask['method'], path: string) => Promise<T>,
  send: <T>(method: Ask['method'], path: string, value: unknown) => Promise<T>,
): LayerCalls {
  return {
    layers: (name) => ask('GET', name === undefined ? CONTROL.layers : `${CONTROL.layers}?name=${name}`),
    publishLayer: (name, request) => send('POST', CONTROL.layer(name), request),
    layerVersion: (reference) => ask('GET', CONTROL.layerVersion(reference)),
    deleteLayerVersion: async (reference) => void (await ask('DELETE', CONTROL.layerVersion(reference))),
  };
}
