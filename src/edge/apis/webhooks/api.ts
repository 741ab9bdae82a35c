import type { FunctionName } from '../../../contract/index.ts';
import { asLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { HeaderPairs, Reply } from '../../../http/index.ts';
import { MOST_WEBHOOK_BYTES, type WebhookReceiver, type WebhookRequest } from '../../../triggers/index.ts';
import type { ApiRequest, WholeBodyApi } from '../../api.ts';
import { isGone, retryHeaders, sendJson } from '../../reply.ts';

/** Where webhooks are. */
export interface WebhookPort {
  /** The function whose live version has a webhook at this path. */
  ownerOf(path: string): FunctionName | undefined;
  /** Who receives requests there now: nobody while the trigger is paused or does not run. */
  receiverAt(path: string): WebhookReceiver | undefined;
}

interface WebhookParts {
  readonly webhooks: WebhookPort;
  readonly generation: () => unknown;
}

/** A request to a webhook. */
interface WebhookPlan {
  readonly owner: FunctionName;
}

const EMPTY = Buffer.alloc(0);

/**
 * Serves webhooks, before the routes of functions. Wants neither token nor known `Host`: what is not signed with the
 * webhook's secret is refused.
 */
export function webhooksApi({ webhooks, generation }: WebhookParts): WholeBodyApi<WebhookPlan> {
  return {
    name: 'webhooks',
    reads: 'whole',
    mostBodyBytes: MOST_WEBHOOK_BYTES,
    generation,
    match({ method, path }) {
      const owner = webhooks.ownerOf(path);
      if (owner === undefined) return undefined;
      return method === 'POST' ? { owner } : lamError('LAM_EDGE_METHOD_NOT_ALLOWED', { method, path, allow: ['POST'] });
    },
    authorize: () => undefined,
    serve: (request) => void serve(webhooks, request),
    fail: sendError,
  };
}

async function serve(
  webhooks: WebhookPort,
  { head, plan, body, reply }: ApiRequest<WebhookPlan, Uint8Array>,
): Promise<void> {
  try {
    const receiver = webhooks.receiverAt(head.path);
    if (receiver === undefined) throw lamError('LAM_TRIGGERS_WEBHOOK_WAITS', { name: plan.owner });
    const { method, path, query, headers, socket } = head;
    const sourceIp = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    const request: WebhookRequest = { method, path, query, headers, body, sourceIp };
    const answer = await receiver(request);
    const pairs: HeaderPairs = Object.entries(answer.headers ?? {}).flat();
    reply.send(answer.status, pairs, answer.body === undefined ? EMPTY : Buffer.from(answer.body));
  } catch (error) {
    sendError(reply, asLamError(error));
  }
}

function sendError(reply: Reply, error: LamError): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const allow = error.code === 'LAM_EDGE_METHOD_NOT_ALLOWED' ? ['allow', 'POST'] : [];
  const { code, hint, httpStatus, message } = error;
  sendJson(reply, httpStatus, { message, code, hint }, [...retryHeaders(error), ...allow]);
}
