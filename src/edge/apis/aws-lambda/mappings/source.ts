import type { Arns, TriggerConfig } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { compilePattern } from '../../../../triggers/index.ts';
import type { AwsInput } from '../../../aws/input.ts';
import { numberIn, objectIn, textsIn } from '../../../aws/members.ts';
import type { AwsCall } from '../call.ts';

/** A kind of event source whose mappings are triggers of lam. */
export interface MappingSource {
  /** Type of the triggers. */
  readonly type: string;
  /** Members of requests that it takes, besides those that all sources take. */
  readonly members: readonly string[];
  /** AWS's defaults. */
  readonly batchSize: number;
  /** Whether a request to create a mapping names such a source. */
  claims(input: AwsInput): boolean;
  /**
   * Returns the settings of the trigger besides the common ones, with those of `before` that the request does not have;
   * without `before` it is a new one. Throws `LAM_AWS_PARAMETER`.
   */
  settings(call: AwsCall, before: TriggerConfig | undefined): MappedSettings;
  /** What answers say of the source of a trigger. */
  shown(arns: Arns, config: TriggerConfig): Readonly<Record<string, unknown>>;
}

/** Settings of a trigger, and the name of what it reads. */
export interface MappedSettings {
  readonly called: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Members that all sources take. */
const COMMON = new Set([
  ...['UUID', 'FunctionName', 'EventSourceArn', 'Enabled', 'Tags'],
  ...['BatchSize', 'MaximumBatchingWindowInSeconds', 'FilterCriteria', 'FunctionResponseTypes'],
]);

/** A trigger of a mapping: what requests and answers both have. */
export interface MappedTrigger extends TriggerConfig {
  readonly batchSize?: number;
  readonly batchWindow?: number;
  readonly parallelism?: number;
  readonly filters?: readonly string[];
  readonly itemFailures?: boolean;
}

/** Returns the trigger that a request asks for under a name. Throws `LAM_AWS_PARAMETER`. */
export function mappedTrigger(
  call: AwsCall,
  source: MappingSource,
  { name, before }: { readonly name: (called: string) => string; readonly before?: MappedTrigger },
): MappedTrigger {
  const { input } = call;
  const foreign = Object.keys(input).find((member) => !COMMON.has(member) && !source.members.includes(member));
  if (foreign !== undefined && !isEmptyDestination(input, foreign))
    throw refused(`Unsupported parameter for given event source mapping type: ${foreign}`);
  const { called, config } = source.settings(call, before);
  const given = {
    batchSize: numberIn(input, 'BatchSize'),
    batchWindow: numberIn(input, 'MaximumBatchingWindowInSeconds'),
    filters: filtersIn(input),
    itemFailures: textsIn(input, 'FunctionResponseTypes')?.includes('ReportBatchItemFailures'),
  };
  const kept = before ?? { batchSize: source.batchSize, batchWindow: 0, filters: [], itemFailures: false };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...kept, ...config, ...Object.fromEntries(named), type: source.type, name: name(called) };
}

/** Terraform's provider names destinations that it does not have. */
function isEmptyDestination(input: AwsInput, member: string): boolean {
  return member === 'DestinationConfig' && !JSON.stringify(input[member]).includes('"Destination"');
}

function filtersIn(input: AwsInput): readonly string[] | undefined {
  const criteria = objectIn(input, 'FilterCriteria');
  if (criteria === undefined) return undefined;
  const filters = (criteria['Filters'] ?? []) as readonly { readonly Pattern?: string }[];
  const patterns = filters.map(({ Pattern: pattern = '' }) => pattern);
  if (patterns.some((pattern) => typeof compilePattern(pattern) !== 'function'))
    throw refused('Invalid filter pattern definition.');
  return patterns;
}

/** The error for a request about a mapping that AWS, or lam, does not take. */
export function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
