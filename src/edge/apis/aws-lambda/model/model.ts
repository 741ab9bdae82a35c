import type { AwsModel } from '../../../aws/model.ts';
import { AwsPaths } from '../../../aws/paths.ts';
import { FACTS } from './facts.ts';

/** Shapes that differ here: lam has runtimes of its own, and AWS's longer time limits are of machines that one rents. */
const OWN: AwsModel['shapes'] = { Runtime: { type: 'string' }, Timeout: { type: 'integer', min: 1, max: 900 } };

let parsed: { readonly model: AwsModel; readonly paths: AwsPaths } | undefined;

/** The operations of AWS Lambda. Parsed at the first call, since most daemons never need them. */
export function servedModel(): { readonly model: AwsModel; readonly paths: AwsPaths } {
  if (parsed !== undefined) return parsed;
  const facts = JSON.parse(FACTS) as AwsModel;
  const model = { ...facts, shapes: { ...facts.shapes, ...OWN } };
  parsed = { model, paths: new AwsPaths(model) };
  return parsed;
}
