import { isLamError } from '../../../errors/index.ts';
import { addressOf } from '../../source/run/payload.ts';
import { sourceStarter, type SourceContext } from '../../source/run/source-starter.ts';
import type { SqsTrigger } from '../sqs.ts';
import { clientOf, regionOf } from './client.ts';
import { findQueues } from './queues.ts';
import { SqsConnection } from './sqs-connection.ts';
import type { SqsMessage } from './sqs-message.ts';
import { sqsShape } from './sqs-shape.ts';

/** Names of errors that mean that the credentials are wrong or may not do it. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredToken',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'NotAuthorized',
  'OptInRequired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Runs triggers of type `sqs`. */
export const sqsStarter = sourceStarter<SqsTrigger, SqsMessage>({
  source: 'SQS',
  at: (config, value) =>
    config.endpoint === undefined
      ? `sqs.${regionOf(config, value)}.amazonaws.com:443`
      : addressOf(value(config.endpoint), value(config.endpoint).startsWith('https:') ? 443 : 80),
  shape: sqsShape,
  connect: connectTo,
});

async function connectTo(context: SourceContext<SqsTrigger>): Promise<SqsConnection> {
  const value = (text: string): string => context.value(text);
  const region = regionOf(context.config, value);
  const client = clientOf(context.config, value);
  try {
    const queues = await findQueues(client, context);
    return new SqsConnection({ client, context, queues, region });
  } catch (error) {
    client.destroy();
    if (isLamError(error)) throw error;
    throw context.error(isRefusal(error) ? 'LAM_TRIGGERS_SOURCE_DENIED' : 'LAM_TRIGGERS_SOURCE_UNREACHABLE', error);
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return REFUSALS.has(error.name) || $metadata?.httpStatusCode === 401 || $metadata?.httpStatusCode === 403;
}
