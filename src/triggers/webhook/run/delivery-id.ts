import { randomUUID } from 'node:crypto';
import type { VerifiedSignature } from '../../../access/index.ts';
import type { WebhookRequest } from '../../running.ts';
import type { WebhookTrigger } from '../webhook.ts';

/** Members of JSON bodies that are the id of a delivery, which stays the same when the sender signs it anew. */
const MEMBERS = { stripe: 'id', slack: 'event_id' } as const;

/** Begins ids that no other delivery gets. */
const ONE = 'one ';

/**
 * The id of a delivery: what the signature covers and retries have in common. GitHub does not sign its ids, so its
 * deliveries are known by their content.
 */
export function deliveryId(config: WebhookTrigger, request: WebhookRequest, verified: VerifiedSignature): string {
  const { signature, idHeader } = config;
  if (signature === 'standard') return `id ${verified.id}`;
  if (signature === 'stripe' || signature === 'slack') {
    const id = jsonOf(request.body)?.[MEMBERS[signature]];
    if (typeof id === 'string' && id !== '') return `id ${id}`;
  }
  if (signature === 'hmac' || signature === 'token') {
    const id = idHeader === undefined ? undefined : request.headers[idHeader.toLowerCase()];
    if (typeof id === 'string' && id !== '') return `id ${id}`;
  }
  return signature === 'token' ? `${ONE}${randomUUID()}` : `content ${verified.fingerprint}`;
}

/** Whether a delivery has an id of lam's own, because nothing in it tells its copies from others. */
export function hasOwnId(id: string): boolean {
  return id.startsWith(ONE);
}

/** A body that is a JSON object; undefined for any other one. */
export function jsonOf(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
