import type { AwsModel } from '../../../aws/model.ts';
import { FACTS } from './facts.ts';

let parsed: AwsModel | undefined;

/** The operations of CloudWatch Logs that are served. Parsed at the first call, since most daemons never need them. */
export function logsModel(): AwsModel {
  parsed ??= JSON.parse(FACTS) as AwsModel;
  return parsed;
}
