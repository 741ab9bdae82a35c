import type { BoundFunction, SandboxSpec } from '../driver/sandbox.ts';
import type { InitRequest } from '../executor/session.ts';
import {
  callEnvironment,
  regionOfArn,
  type CallRight,
  type FunctionConfig,
  type SandboxId,
} from '../contract/index.ts';
import { PROTOCOLS, type Runtime } from '../runtimes/index.ts';
import { concurrencyOf, type PoolRevision } from './revision.ts';

/** Inputs of init besides the version. */
export interface InitOf {
  readonly sandboxId: SandboxId;
  readonly taskRoot: string;
  readonly now: Date;
  readonly wantStartupCache: boolean;
  /** Started because a request waited, as opposed to provisioned. */
  readonly isOnDemand: boolean;
  /** Undefined where functions cannot call others. */
  readonly callRight?: CallRight | undefined;
}

/** Builds the init request of a sandbox, with the environment variables that AWS Lambda sets. */
export function initRequestFor(revision: PoolRevision, of: InitOf): InitRequest {
  const { config, functionName, version } = revision;
  const { sandboxId, taskRoot, now } = of;
  const concurrency = concurrencyOf(revision);
  const region = regionOfArn(revision.functionArn);
  const logGroup = `/aws/lambda/${functionName}`;
  const day = now.toISOString().slice(0, 10).replaceAll('-', '/');
  const logStream = `${day}/[${version}]${sandboxId}`;
  return {
    functionName,
    version,
    functionArn: revision.functionArn,
    handler: config.handler,
    taskRoot,
    memoryMiB: config.memoryMiB,
    timeoutMs: config.timeoutMs,
    concurrency,
    wantStartupCache: of.wantStartupCache,
    logGroup,
    logStream,
    environment: {
      ...(of.callRight === undefined ? {} : callEnvironment(of.callRight, config.environment)),
      ...config.environment,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: String(version),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMiB),
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      AWS_LAMBDA_INITIALIZATION_TYPE: of.isOnDemand ? 'on-demand' : 'provisioned-concurrency',
      ...(concurrency === 1 ? {} : { AWS_LAMBDA_MAX_CONCURRENCY: String(concurrency) }),
      // AWS sets it for its managed runtimes only.
      ...(revision.runtime.descriptor.isManaged ? { AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}` } : {}),
      // As on AWS in every function. Drivers set the address of what they serve; else nothing listens here.
      AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
      _HANDLER: config.handler,
      LAMBDA_TASK_ROOT: taskRoot,
      LAMBDA_RUNTIME_DIR: '/var/runtime',
    },
  };
}

/** Assumed code folder of a sandbox whose environment is needed before it boots; the driver corrects it. */
const USUAL_TASK_ROOT = '/var/task';

/** Inputs of a sandbox's environment besides the version. */
export type EnvironmentOf = Pick<InitOf, 'sandboxId' | 'now' | 'isOnDemand' | 'callRight'>;

/** Builds what a stem is told of the version that it is bound to. */
export function boundFor(revision: PoolRevision, of: EnvironmentOf): BoundFunction {
  const { artifact, functionName, runtime } = revision;
  const { environmentWithInit } = PROTOCOLS[runtime.descriptor.protocol];
  const environment = environmentWithInit
    ? {}
    : initRequestFor(revision, { ...of, taskRoot: USUAL_TASK_ROOT, wantStartupCache: false }).environment;
  return { runtime, artifact, environment, functionName };
}

/** Builds the driver's spec of a sandbox of this version. */
export function specFor(revision: PoolRevision, of: EnvironmentOf): SandboxSpec {
  const { config, version } = revision;
  return {
    ...boundFor(revision, of),
    id: of.sandboxId,
    layers: config.layers?.artifact ?? null,
    limits: limitsOf(config),
    network: config.network,
    image: config.image,
    version,
  };
}

/** Builds the driver's spec of a stem for such functions, without code, environment and name. */
export function stemSpecFor(config: FunctionConfig, runtime: Runtime): Omit<SandboxSpec, 'id'> {
  return {
    runtime,
    artifact: null,
    layers: config.layers?.artifact ?? null,
    environment: {},
    limits: limitsOf(config),
    network: config.network,
    image: config.image,
    functionName: '',
    version: null,
  };
}

function limitsOf(config: FunctionConfig): SandboxSpec['limits'] {
  return { memoryMiB: config.memoryMiB, cpus: config.cpus, pids: config.pids, tmpMiB: config.tmpMiB };
}
