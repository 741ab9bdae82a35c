import {
  isLayerName,
  knownVersion,
  parseLayerReference,
  type LayerName,
  type LayerVersion,
} from '../../../../contract/index.ts';
import { isLamError, lamError } from '../../../../errors/index.ts';
import { awsTime } from '../../../aws/answers.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { numberIn, objectIn, textIn } from '../../../aws/members.ts';
import { storeFiles } from '../code.ts';
import { AUTHOR } from '../facts.ts';
import { numberKey, pageOf } from '../pages.ts';

/** Before the ARNs of layer versions where their policies are kept. */
export const LAYER_POLICIES = 'aws-lambda layer-policy ';

/** Layers: those that `lam layer` publishes, too. */
export const LAYER_ACTIONS: AwsActions = {
  PublishLayerVersion: publish,
  GetLayerVersion: (call) => get(call, layerIn(call), layerVersionIn(call)),
  GetLayerVersionByArn: (call) => {
    const arn = textIn(call.input, 'Arn') ?? '';
    const reference = parseLayerReference(arn);
    if (reference === undefined) throw missing();
    return get(call, reference.name, reference.version);
  },
  ListLayers: (call) => {
    const { items, next } = pageOf(call, call.operations.layers.list(), ({ name }) => name);
    return {
      Layers: items.map((layer) => ({
        LayerName: layer.name,
        LayerArn: call.arns.layer(layer.name),
        LatestMatchingVersion: shown(call, layer),
      })),
      ...next,
    };
  },
  ListLayerVersions: (call) => {
    const newestFirst = call.operations.layers.list(layerIn(call)).toReversed();
    const { items, next } = pageOf(call, newestFirst, ({ version }) => numberKey(1e9 - version));
    return { LayerVersions: items.map((layer) => shown(call, layer)), ...next };
  },
  DeleteLayerVersion: remove,
};

async function publish(call: AwsCall): Promise<unknown> {
  const name = layerIn(call);
  const artifact = await storeFiles(call, objectIn(call.input, 'Content') ?? {});
  const description = textIn(call.input, 'Description') ?? '';
  const published = await call.operations.layers.publish(name, { artifact, description, by: AUTHOR });
  return get(call, name, published.version);
}

async function get(call: AwsCall, name: LayerName, version: number): Promise<unknown> {
  try {
    const layer = await call.operations.layers.detail({ name, version: knownVersion(version) });
    return {
      Content: {
        Location: call.codeUrl(`layers/${name}/${version}`),
        CodeSha256: Buffer.from(layer.artifact, 'hex').toString('base64'),
        CodeSize: layer.size,
      },
      LayerArn: call.arns.layer(name),
      ...shown(call, layer),
    };
  } catch (thrown) {
    throw isLamError(thrown) && thrown.code === 'LAM_OPERATIONS_LAYER_NOT_FOUND' ? missing() : thrown;
  }
}

/** AWS answers alike whether there was such a version or not. */
async function remove(call: AwsCall): Promise<undefined> {
  const name = layerIn(call);
  const version = knownVersion(layerVersionIn(call));
  // A later version of this number must not inherit it.
  const policy = LAYER_POLICIES + call.arns.layer(name, version);
  if (call.operations.account.get(policy) !== undefined) await call.operations.account.set(policy, undefined);
  try {
    await call.operations.layers.remove({ name, version });
  } catch (thrown) {
    if (!isLamError(thrown) || thrown.code !== 'LAM_OPERATIONS_LAYER_NOT_FOUND') throw thrown;
  }
  return undefined;
}

function shown({ arns }: AwsCall, { name, version, description, createdAt }: LayerVersion): Record<string, unknown> {
  return {
    LayerVersionArn: arns.layer(name, version),
    Version: version,
    Description: description,
    CreatedDate: awsTime(createdAt),
  };
}

/** The number in a request. Throws `LAM_AWS_PARAMETER`. */
export function layerVersionIn(call: AwsCall): number {
  const number = numberIn(call.input, 'VersionNumber') ?? 0;
  if (number < 1) throw lamError('LAM_AWS_PARAMETER', { message: 'Layer Version Cannot be less than 1' });
  return number;
}

/** The layer that a request names, by name or ARN. Throws `LAM_AWS_PARAMETER`. */
export function layerIn(call: AwsCall): LayerName {
  const text = textIn(call.input, 'LayerName') ?? '';
  const name = text.includes(':layer:') ? text.slice(text.indexOf(':layer:') + ':layer:'.length) : text;
  if (!isLayerName(name)) throw lamError('LAM_AWS_PARAMETER', { message: `Invalid layer name: ${text}` });
  return name;
}

function missing(): Error {
  return lamError('LAM_AWS_NOT_FOUND', { message: 'The resource you requested does not exist.' });
}
