import {
  LIMITS,
  RESERVED_ENVIRONMENT,
  type ConfigInput,
  type FunctionConfig,
  type FunctionLayers,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import { numberOf, objectOf, textOf, type AwsCall } from './call.ts';
import type { VersionFacts } from './facts.ts';
import { mergedLayers } from './layer-list.ts';

/** AWS's settings that are returned as they were given and change nothing here. */
const SHOWN = [
  'VpcConfig',
  'DeadLetterConfig',
  'KMSKeyArn',
  'TracingConfig',
  'FileSystemConfigs',
  'Architectures',
  'LoggingConfig',
  'SnapStart',
] as const;

/** What a request sets of a function. */
export interface GivenSettings {
  readonly config: ConfigInput;
  readonly facts: VersionFacts;
}

/**
 * Returns the settings that a request of CreateFunction or UpdateFunctionConfiguration has, and the facts of the version
 * before with those that it has. Throws `LAM_AWS_PARAMETER`.
 */
export async function settingsOf(call: AwsCall, before: VersionFacts = {}): Promise<GivenSettings> {
  const { input } = call;
  const variables = objectOf(call, 'Environment')?.['Variables'] as Record<string, string> | undefined;
  const role = textOf(call, 'Role');
  const shown = SHOWN.flatMap((name) => (input[name] === undefined ? [] : [[name, shownAs(name, call)] as const]));
  const layers = input['Layers'] === undefined ? undefined : await mergedLayers(call.operations, input['Layers']);
  return {
    config: configOf(call, variables, layers),
    facts: {
      ...before,
      ...(role === undefined ? {} : { Role: role }),
      ...(input['Environment'] === undefined ? {} : { hasEnvironment: variables !== undefined }),
      shown: { ...before.shown, ...Object.fromEntries(shown) },
    },
  };
}

function configOf(
  call: AwsCall,
  variables: Readonly<Record<string, string>> | undefined,
  layers: FunctionLayers | null | undefined,
): ConfigInput {
  const { input } = call;
  const timeout = numberOf(call, 'Timeout');
  const size = objectOf(call, 'EphemeralStorage')?.['Size'];
  if (variables !== undefined) checkVariables(variables);
  const config: Partial<Record<keyof FunctionConfig, unknown>> = {
    runtime: textOf(call, 'Runtime'),
    handler: textOf(call, 'Handler'),
    description: textOf(call, 'Description'),
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    memoryMiB: numberOf(call, 'MemorySize'),
    tmpMiB: size,
    environment: input['Environment'] === undefined ? undefined : (variables ?? {}),
    layers,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** AWS's answers complete some of the settings that it is given. */
function shownAs(name: (typeof SHOWN)[number], call: AwsCall): unknown {
  const given = call.input[name];
  if (name === 'SnapStart') return { ApplyOn: 'None', ...objectOf(call, name), OptimizationStatus: 'Off' };
  if (name === 'LoggingConfig') {
    const functionName = textOf(call, 'FunctionName') ?? '';
    const levels = { ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' };
    const { LogFormat: format = 'Text', ...rest } = objectOf(call, name) ?? {};
    const group = `/aws/lambda/${functionName.split(':').at(-1)}`;
    return { LogFormat: format, LogGroup: group, ...(format === 'JSON' ? levels : {}), ...rest };
  }
  if (name === 'VpcConfig') return { SubnetIds: [], SecurityGroupIds: [], VpcId: '', ...objectOf(call, name) };
  return given;
}

const CANNOT_CONFIGURE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((key) => RESERVED_ENVIRONMENT.has(key));
  if (reserved.length > 0)
    throw lamError('LAM_AWS_PARAMETER', {
      message: `${CANNOT_CONFIGURE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    });
  const bytes = Object.entries(variables).reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  // AWS repeats the variables after this; they may be secrets.
  if (bytes > LIMITS.environmentBytes)
    throw lamError('LAM_AWS_PARAMETER', { message: `${CANNOT_CONFIGURE} exceeded the 4KB limit.` });
}
