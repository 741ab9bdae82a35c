import { isUtf8 } from 'node:buffer';
import type { TriggerHost, WebhookRequest } from '../../running.ts';

/** What an event says of a delivery besides the request. */
export interface Arrival {
  readonly requestId: string;
  /** When it arrived (ms since the epoch). */
  readonly at: number;
  /** Header that is left out, because it holds the secret. */
  readonly hidden: string | undefined;
}

/** The event of a request, in API Gateway's payload format 2.0. */
export function webhookEvent(
  { functionName }: Pick<TriggerHost, 'functionName'>,
  request: WebhookRequest,
  { requestId, at, hidden }: Arrival,
): Uint8Array {
  const { method, path, query, body, sourceIp } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || name === hidden ? [] : [[name, typeof value === 'string' ? value : value.join(',')]],
    ),
  );
  const isText = isUtf8(body);
  const event = {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(query === '' ? {} : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: functionName,
      domainName: headers['host'] ?? 'localhost',
      domainPrefix: functionName,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent: headers['user-agent'] ?? '' },
      requestId,
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: new Date(at).toISOString(),
      timeEpoch: at,
    },
    body: Buffer.from(body).toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
  return Buffer.from(JSON.stringify(event));
}
