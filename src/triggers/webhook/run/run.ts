import { createHash, timingSafeEqual } from 'node:crypto';
import {
  hmacScheme,
  secretVariables,
  verifySignature,
  type SignatureFault,
  type VerifiedSignature,
} from '../../../access/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { RunningTrigger, TriggerHost, TriggerStarter, WebhookAnswer, WebhookRequest } from '../../running.ts';
import { DEFAULT_HEADERS, WEBHOOK_DEFAULTS, type WebhookTrigger } from '../webhook.ts';
import { KnownDeliveries } from './known-deliveries.ts';
import { deliveryId, hasOwnId, jsonOf } from './delivery-id.ts';
import { webhookTrial } from './trial.ts';
import { webhookEvent } from './webhook-event.ts';

/** The running half of webhooks. */
export const webhooks: TriggerStarter<WebhookTrigger> = {
  start: (config, host) => {
    const webhook = new Webhook(config, host);
    webhook.start();
    return Promise.resolve(webhook);
  },
  trial: webhookTrial,
};

/** A webhook that takes requests. */
class Webhook implements RunningTrigger<WebhookTrigger> {
  readonly #config: WebhookTrigger;
  readonly #host: TriggerHost;
  readonly #deliveries: KnownDeliveries;
  #close: () => void = () => undefined;

  constructor(config: WebhookTrigger, host: TriggerHost) {
    this.#config = config;
    this.#host = host;
    this.#deliveries = new KnownDeliveries(host.kept.entries);
  }

  /** Throws `LAM_TRIGGERS_VARIABLE_MISSING`, `LAM_TRIGGERS_WEBHOOK_SECRET`. */
  start(): void {
    const probe = this.#verify({ headers: {}, body: new Uint8Array() });
    if ('fault' in probe) this.#refuseSecret(probe);
    this.#close = this.#host.receive(this.#config.path, (request) => this.#receive(request));
  }

  stop(): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  async #receive(request: WebhookRequest): Promise<WebhookAnswer> {
    const { maxBody: limit = WEBHOOK_DEFAULTS.maxBody, signature } = this.#config;
    if (request.body.byteLength > limit) this.#refuse(lamError('LAM_EDGE_PAYLOAD_TOO_LARGE', { limit }));
    const verified = this.#verify(request);
    if ('fault' in verified) {
      this.#refuseSecret(verified);
      this.#refuse(lamError('LAM_TRIGGERS_WEBHOOK_REFUSED', { why: verified.why, setting: signature }));
    }
    const challenge = signature === 'slack' ? challengeOf(request.body) : undefined;
    if (challenge !== undefined) return { status: 200, headers: { 'content-type': 'text/plain' }, body: challenge };
    return this.#accept(request, deliveryId(this.#config, request, verified));
  }

  #refuse(error: LamError): never {
    this.#host.count('refused');
    throw error;
  }

  /** Queues a delivery, unless it is a copy. */
  async #accept(request: WebhookRequest, id: string): Promise<WebhookAnswer> {
    const { dedupeWindow = WEBHOOK_DEFAULTS.dedupeWindow, signature } = this.#config;
    const { clock } = this.#host;
    const at = clock.now();
    const requestId = this.#host.requestIdOf(id);
    if (!this.#deliveries.has(id, at)) {
      const hidden = signature === 'token' ? this.#header : undefined;
      const event = webhookEvent(this.#host, request, { requestId, at, hidden });
      // Known is a copy that arrived at the same time.
      const isAccepted = (await this.#host.enqueue({ id, event })) === 'accepted';
      if (!hasOwnId(id)) this.#deliveries.add(id, at + dedupeWindow * 1000, at);
      // Slack shows its users any other status as a failure.
      if (isAccepted) return { status: signature === 'slack' ? 200 : 202, headers: { 'x-lam-request-id': requestId } };
    }
    this.#host.count('filtered');
    return { status: 200, headers: { 'x-lam-request-id': requestId, 'x-lam-duplicate': 'true' } };
  }

  get #header(): string {
    const { signature, header } = this.#config;
    return (header ?? DEFAULT_HEADERS[signature === 'token' ? 'token' : 'hmac']).toLowerCase();
  }

  #secrets(): readonly string[] {
    const { functionName, name } = this.#host;
    return secretVariables(this.#config.secret).map((variable) => {
      const value = this.#host.variable(variable);
      if (value === undefined)
        throw lamError('LAM_TRIGGERS_VARIABLE_MISSING', { name: functionName, trigger: name, variable });
      return value;
    });
  }

  #verify(request: Pick<WebhookRequest, 'headers' | 'body'>): VerifiedSignature | SignatureFault {
    const { signature, tolerance = WEBHOOK_DEFAULTS.tolerance } = this.#config;
    const secrets = this.#secrets();
    if (signature === 'token') return verifyToken(request, this.#header, secrets);
    const scheme = signature === 'hmac' ? hmacScheme(this.#header) : signature;
    return verifySignature(request, { scheme, secrets, tolerance, now: this.#host.clock.now() });
  }

  #refuseSecret({ fault, why }: SignatureFault): void {
    if (fault !== 'bad-secret') return;
    const [variable = ''] = secretVariables(this.#config.secret);
    throw lamError('LAM_TRIGGERS_WEBHOOK_SECRET', { name: this.#host.functionName, variable, why });
  }
}

/** Checks a request that carries the secret itself. Compares in constant time. */
function verifyToken(
  { headers, body }: Pick<WebhookRequest, 'headers' | 'body'>,
  header: string,
  secrets: readonly string[],
): VerifiedSignature | SignatureFault {
  if (secrets.includes('')) return { fault: 'bad-secret', why: 'the secret of the webhook is empty' };
  const value = headers[header];
  if (typeof value !== 'string') return { fault: 'missing', why: `the header ${header} is missing` };
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const given = digest(value);
  let isRight = false;
  for (const secret of secrets) if (timingSafeEqual(given, digest(secret))) isRight = true;
  if (!isRight) return { fault: 'forged', why: `the token in ${header} does not match` };
  return { id: undefined, timestamp: undefined, fingerprint: createHash('sha256').update(body).digest('base64') };
}

/** What Slack wants back when the URL is entered there. */
function challengeOf(body: Uint8Array): string | undefined {
  const { type, challenge } = jsonOf(body) ?? {};
  return type === 'url_verification' && typeof challenge === 'string' ? challenge : undefined;
}
