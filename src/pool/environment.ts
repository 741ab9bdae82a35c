import type { SandboxId, SandboxSpec } from '../driver/sandbox.ts';
import type { InitRequest } from '../executor/session.ts';
import type { PoolRevision } from './revision.ts';

/** The region every function believes to be in; part of its ARN. */
const REGION = 'us-east-1';

/** What a function is told at init, environment included (names and values as AWS Lambda sets them). */
export function initRequestFor(revision: PoolRevision, sandboxId: string, taskRoot: string, now: Date): InitRequest {
  const { config, functionName, version } = revision;
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
    concurrency: config.concurrency,
    wantStartupCache: false,
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
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      ...(config.concurrency === 1 ? {} : { AWS_LAMBDA_MAX_CONCURRENCY: String(config.concurrency) }),
      // AWS sets it for its managed runtimes only.
      ...(revision.runtime.family === 'provided' ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}` }),
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
  return {
    id,
    runtime,
    code: revision.codePath,
    environment: runtime.protocol === 'frames' ? {} : initRequestFor(revision, id, USUAL_TASK_ROOT, now).environment,
    limits: { memoryMiB: config.memoryMiB, cpus: config.cpus, pids: config.pids, tmpMiB: config.tmpMiB },
    network: config.network,
    image: config.image,
    functionName,
    version,
  };
}
