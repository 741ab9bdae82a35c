import { isDigest } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { layerOf, versionPart } from '../parameters.ts';
import { jsonRoute, type ControlRoute } from '../route.ts';
import { DONE } from './done.ts';

/** Published layers. */
export const LAYER_ROUTES: readonly ControlRoute[] = [
  jsonRoute({
    id: 'layers.list',
    method: 'GET',
    path: '/layers',
    summary: 'The newest version of each layer, or all versions of one.',
    scope: 'read',
    query: ['name'],
    answer: 'LayerList',
    errors: ['LAM_OPERATIONS_INVALID_LAYER_NAME'],
    run: ({ operations }, { query: { name } }) =>
      operations.layers.list(name === undefined ? undefined : layerOf(name)),
  }),
  jsonRoute({
    id: 'layers.publish',
    method: 'POST',
    path: '/layers/{layer}',
    summary: 'Publishes uploaded files as the next version of a layer.',
    scope: 'deploy',
    body: 'PublishLayerRequest',
    answer: 'PublishLayerAnswer',
    errors: ['LAM_OPERATIONS_INVALID_LAYER_NAME', 'LAM_STORE_ARTIFACT_NOT_FOUND'],
    run({ operations }, { body, path }) {
      const { artifact } = body;
      if (!isDigest(artifact)) throw lamError('LAM_STORE_ARTIFACT_NOT_FOUND', { artifact });
      return operations.layers.publish(layerOf(path.layer), body);
    },
  }),
  jsonRoute({
    id: 'layers.get',
    method: 'GET',
    path: '/layers/{layer}/{version}',
    summary: 'A version of a layer with its files.',
    scope: 'read',
    answer: 'LayerVersionDetail',
    errors: ['LAM_OPERATIONS_INVALID_LAYER_NAME', 'LAM_OPERATIONS_LAYER_NOT_FOUND'],
    run: ({ operations }, call) =>
      operations.layers.detail({ name: layerOf(call.path.layer), version: versionPart(call) }),
  }),
  jsonRoute({
    id: 'layers.delete',
    method: 'DELETE',
    path: '/layers/{layer}/{version}',
    summary: 'Removes a version of a layer; functions that were deployed with it keep its files.',
    scope: 'deploy',
    answer: 'Done',
    errors: ['LAM_OPERATIONS_INVALID_LAYER_NAME', 'LAM_OPERATIONS_LAYER_NOT_FOUND'],
    async run({ operations }, call) {
      await operations.layers.remove({ name: layerOf(call.path.layer), version: versionPart(call) });
      return DONE;
    },
  }),
];
