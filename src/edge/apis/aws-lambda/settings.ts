import {
  LIMITS,
  RESERVED_ENVIRONMENT,
  type ConfigInput,
  type FunctionConfig,
  type FunctionLayers,
} from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import type { AwsCall } from './call.ts';
import { numberIn, objectIn, textIn } from '../../aws/members.ts';
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
  const variables = objectIn(call.input, 'Environment')?.['Variables'] as Record<string, string> | undefined;
  const role = textIn(call.input, 'Role');
  const shown = SHOWN.flatMap((name) => (input[name] === undefined ? [] : [[name, shownAs(name, call)] as const]));
  const layers = input['Layers'] === undefined ? undefined : await mergedLayers(call, input['Layers']);
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
  const timeout = numberIn(call.input, 'Timeout');
  const size = objectIn(call.input, 'EphemeralStorage')?.['Size'];
  if (variables !== undefined) checkVariables(variables);
  const config: Partial<Record<keyof FunctionConfig, unknown>> = {
    runtime: textIn(call.input, 'Runtime'),
    handler: textIn(call.input, 'Handler'),
    description: textIn(call.input, 'Description'),
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    memoryMiB: numberIn(call.input, 'MemorySize'),
    tmpMiB: size,
    environment: input['Environment'] === undefined ? undefined : (variables ?? {}),
    layers,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** AWS's answers complete some of the settings that it is given. */
function shownAs(name: (typeof SHOWN)[number], call: AwsCall): unknown {
  const given = call.input[name];
  if (name === 'SnapStart') checkSnapStart(call);
  if (name === 'SnapStart') return { ApplyOn: 'None', ...objectIn(call.input, name), OptimizationStatus: 'Off' };
  if (name === 'LoggingConfig') {
    const functionName = textIn(call.input, 'FunctionName') ?? '';
    const levels = { ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' };
    const { LogFormat: format = 'Text', ...rest } = objectIn(call.input, name) ?? {};
    const group = `/aws/lambda/${functionName.split(':').at(-1)}`;
    return { LogFormat: format, LogGroup: group, ...(format === 'JSON' ? levels : {}), ...rest };
  }
  if (name === 'VpcConfig') return { SubnetIds: [], SecurityGroupIds: [], VpcId: '', ...objectIn(call.input, name) };
  return given;
}

/** AWS's runtimes that can start from a snapshot. */
const SNAP_START = /^(?:java(?:11|17|2\d)|python3\.1[2-9]|dotnet(?:8|[1-9]\d))$/;

function checkSnapStart({ input }: AwsCall): void {
  const runtime = textIn(input, 'Runtime');
  if (objectIn(input, 'SnapStart')?.['ApplyOn'] !== 'PublishedVersions' || runtime === undefined) return;
  if (!SNAP_START.test(runtime))
    throw lamError('LAM_AWS_PARAMETER', { message: `${runtime} is not supported for SnapStart enabled functions.` });
}

const CANNOT_CONFIGURE =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(variables).filter((key) => RESERVED_ENVIRONMENT.has(key));
  if (reserved.length > 0)
    throw lamError('LAM_AWS_PARAMETER', {
      message: `${CANNOT_CONFIGURE} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    });
  // AWS measures their JSON, and repeats the variables after this; they may be secrets.
  if (Buffer.byteLength(JSON.stringify(variables)) > LIMITS.environmentBytes)
    throw lamError('LAM_AWS_PARAMETER', { message: `${CANNOT_CONFIGURE} exceeded the 4KB limit.` });
}
