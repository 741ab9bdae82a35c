import { LIMITS, parseLayerReference, type FunctionLayers, type LayerVersionDetail } from '../../../contract/index.ts';
import { isLamError, lamError } from '../../../errors/index.ts';
import type { AwsScope } from './lookups.ts';

/**
 * Returns the layers that a list of ARNs names, merged; null for an empty list. Throws `LAM_AWS_PARAMETER` for a
 * layer that is not published here.
 */
export async function mergedLayers(call: AwsScope, list: unknown): Promise<FunctionLayers | null> {
  const arns = list as readonly string[];
  if (arns.length === 0) return null;
  if (arns.length > LIMITS.layers)
    throw lamError('LAM_AWS_PARAMETER', { message: `Cannot reference more than ${LIMITS.layers} layers.` });
  checkNames(call.arns.region, arns);
  const found: LayerVersionDetail[] = [];
  for (const arn of arns) found.push(await layerOfArn(call, arn));
  const { artifact } = await call.operations.artifacts.merge(found.map((layer) => layer.artifact));
  return { sources: found.map(({ name, version }) => `${name}:${version}`), artifact };
}

/** Throws `LAM_AWS_PARAMETER` for layers of another region, and for a layer that is named twice. */
function checkNames(home: string, arns: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const [, , , region, , , name = ''] = arn.split(':');
    if (region !== home)
      throw lamError('LAM_AWS_PARAMETER', {
        message: `Layers are not in the same region as the function. Layers are expected to be in region ${home}.`,
      });
    const before = seen.get(name);
    if (before !== undefined)
      throw lamError('LAM_AWS_PARAMETER', {
        message: `Two different versions of the same layer are not allowed to be referenced in the same function. ${before} and ${arn} are versions of the same layer.`,
      });
    seen.set(name, arn);
  }
}

/** Returns a layer version by its ARN. Throws `LAM_AWS_PARAMETER` if it is not published here. */
async function layerOfArn({ operations: { layers }, arns }: AwsScope, arn: string): Promise<LayerVersionDetail> {
  const reference = parseLayerReference(arn);
  const missing = (): Error => {
    const said = reference === undefined ? arn : arns.layer(reference.name, reference.version);
    return lamError('LAM_AWS_PARAMETER', { message: `Layer version ${said} does not exist.` });
  };
  if (reference === undefined) throw missing();
  try {
    return await layers.detail(reference);
  } catch (thrown) {
    throw isLamError(thrown) && thrown.code === 'LAM_OPERATIONS_LAYER_NOT_FOUND' ? missing() : thrown;
  }
}
