import type { SandboxId, SandboxSpec } from '../driver/sandbox.ts';
import type { InitRequest } from '../executor/session.ts';
import type { FunctionConfig } from '../contract/index.ts';
import { PROTOCOLS, type Runtime } from '../runtimes/index.ts';
import { concurrencyOf, type PoolRevision } from './revision.ts';

/** The region every function believes to be in; part of its ARN. */
const REGION = 'us-east-1';

/** Of the sandbox that is initialized, as opposed to the version it runs. */
export interface InitOf {
  readonly sandboxId: string;
  readonly taskRoot: string;
  readonly now: Date;
  readonly wantStartupCache: boolean;
  /** Started because a request waited, as opposed to provisioned. */
  readonly isOnDemand: boolean;
}

/** What a function is told at init, environment included (names and values as AWS Lambda sets them). */
export function initRequestFor(revision: PoolRevision, of: InitOf): InitRequest {
  const { config, functionName, version } = revision;
  const { sandboxId, taskRoot, now } = of;
  const concurrency = concurrencyOf(config);
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
      ...config.environment,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_LAMBDA_FUNCTION_NAME: functionName,
      AWS_LAMBDA_FUNCTION_VERSION: String(version),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMiB),
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      AWS_LAMBDA_INITIALIZATION_TYPE: of.isOnDemand ? 'on-demand' : 'provisioned-concurrency',
      ...(concurrency === 1 ? {} : { AWS_LAMBDA_MAX_CONCURRENCY: String(concurrency) }),
      // AWS sets it for its managed runtimes only.
      ...(revision.runtime.descriptor.isManaged ? { AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}` } : {}),
      _HANDLER: config.handler,
      LAMBDA_TASK_ROOT: taskRoot,
      LAMBDA_RUNTIME_DIR: '/var/runtime',
    },
  };
}

/** Where a `runtime-api` sandbox finds its code, as far as is known before it is made; the driver corrects it. */
const USUAL_TASK_ROOT = '/var/task';

/** What the driver is asked for. */
export function specFor(revision: PoolRevision, id: SandboxId, now: Date): SandboxSpec {
  const { config, runtime, functionName, version } = revision;
  const of = { sandboxId: id, taskRoot: USUAL_TASK_ROOT, now, wantStartupCache: false, isOnDemand: true };
  return {
    id,
    runtime,
    artifact: revision.artifact,
    environment: PROTOCOLS[runtime.descriptor.protocol].environmentWithInit
      ? {}
      : initRequestFor(revision, of).environment,
    limits: limitsOf(config),
    network: config.network,
    image: config.image,
    functionName,
    version,
  };
}

/** What a stem for functions of this kind would be asked for; its code, its environment and its name come later. */
export function stemSpecFor(config: FunctionConfig, runtime: Runtime): SandboxSpec {
  return {
    id: '',
    runtime,
    artifact: null,
    environment: {},
    limits: limitsOf(config),
    network: config.network,
    image: config.image,
    functionName: '',
    version: 0,
  };
}

function limitsOf(config: FunctionConfig): SandboxSpec['limits'] {
  return { memoryMiB: config.memoryMiB, cpus: config.cpus, pids: config.pids, tmpMiB: config.tmpMiB };
}
