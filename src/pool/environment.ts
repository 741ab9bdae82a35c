import type { InitRequest } from '../executor/session.ts';
import type { PoolRevision } from './revision.ts';

/** The region every function believes to be in; part of its ARN. */
export const REGION = 'us-east-1';

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
      // AWS sets it for its managed runtimes only.
      ...(revision.runtime.family === 'provided' ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}` }),
      _HANDLER: config.handler,
      LAMBDA_TASK_ROOT: taskRoot,
      LAMBDA_RUNTIME_DIR: '/var/runtime',
    },
  };
}
