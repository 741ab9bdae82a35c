import { secretFault, SIGNATURE_NAMES, type SignatureName } from '../../access/index.ts';
import type { TriggerConfig } from '../../contract/index.ts';
import { lamError } from '../../errors/index.ts';
import type { KindFault, TriggerKind } from '../kind.ts';

/** How requests to a webhook are known to be authentic. */
export type WebhookSignature = SignatureName | 'hmac' | 'token';

/** A URL that a sender calls, whose requests are queued. */
export interface WebhookTrigger extends TriggerConfig {
  readonly type: 'webhook';
  readonly path: string;
  readonly signature: WebhookSignature;
  /** `${NAME}` of a variable, or several of them while the secret is changed. */
  readonly secret: string | readonly string[];
  /** Header of the signature or token, for `hmac` and `token`. */
  readonly header?: string;
  /** Header with the sender's id of the delivery. */
  readonly idHeader?: string;
  /** Seconds. */
  readonly tolerance?: number;
  /** Seconds. */
  readonly dedupeWindow?: number;
  /** Bytes. */
  readonly maxBody?: number;
}

/** Values of settings that an entry does not have. */
export const WEBHOOK_DEFAULTS = { tolerance: 300, dedupeWindow: 86_400, maxBody: 1024 * 1024 } as const;
/** Longest body that any webhook takes (bytes): in base64 it leaves room for the rest of the event. */
export const MOST_WEBHOOK_BYTES = 4 * 1024 * 1024;
/** Headers by signature that is not bound to one. */
export const DEFAULT_HEADERS = { hmac: 'x-signature', token: 'x-webhook-token' } as const;

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const MOST_SECRETS = 5;

/** Webhooks: signed requests, which are answered once they are queued. */
export const webhook: TriggerKind<WebhookTrigger> = {
  type: 'webhook',
  noun: 'webhook',
  schema: {
    description: 'A URL for signed requests of other services, which are queued and run once each.',
    properties: {
      path: {
        description: 'Path of the URL. It comes before routes of functions.',
        type: 'string',
        minLength: 2,
        examples: ['/hooks/github'],
      },
      signature: {
        description:
          'How the sender signs: as GitHub, Stripe, Slack or Standard Webhooks (`standard`) do, with a SHA-256 HMAC of the body in `header` (`hmac`), or not at all, with the secret itself in `header` (`token`).',
        type: 'string',
        enum: [...SIGNATURE_NAMES, 'hmac', 'token'],
        examples: ['github'],
      },
      secret: {
        description:
          'Variable of the function with the shared secret, as `${NAME}`; or several, any of which is right, while the secret is changed.',
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        examples: ['${WEBHOOK_SECRET}', ['${WEBHOOK_SECRET}', '${FORMER_SECRET}']],
      },
      header: {
        description: `Header with the signature or token, by default ${DEFAULT_HEADERS.hmac} for \`hmac\` and ${DEFAULT_HEADERS.token} for \`token\`.`,
        type: 'string',
        minLength: 1,
        examples: ['x-gitlab-token'],
      },
      idHeader: {
        description:
          "Header with the sender's id of a delivery, for `hmac` and `token`. Without it `hmac` knows copies by their content, and `token` knows none.",
        type: 'string',
        minLength: 1,
        examples: ['x-delivery-id'],
      },
      tolerance: {
        description: 'How far the time of a signature may be from now (seconds), where the sender signs the time.',
        type: 'integer',
        minimum: 1,
        maximum: 3600,
        default: WEBHOOK_DEFAULTS.tolerance,
        examples: [60],
      },
      dedupeWindow: {
        description: 'How long a delivery is remembered, so that a copy of it does not run (seconds).',
        type: 'integer',
        minimum: 3600,
        maximum: 604_800,
        default: WEBHOOK_DEFAULTS.dedupeWindow,
        examples: [259_200],
      },
      maxBody: {
        description: 'Longest body (bytes).',
        type: 'integer',
        minimum: 1,
        maximum: MOST_WEBHOOK_BYTES,
        default: WEBHOOK_DEFAULTS.maxBody,
        examples: [65_536],
      },
    },
    required: ['path', 'signature', 'secret'],
  },
  exclusive: {
    keys: ({ path }) => [path],
    clash: 'has the path of',
    conflict: (mine, theirs) =>
      lamError('LAM_TRIGGERS_WEBHOOK_CONFLICT', {
        name: mine.functionName,
        path: mine.config.path,
        owner: theirs.functionName,
      }),
  },
  nameOf: ({ path }) => path,
  fault: webhookFault,
  endpoint: ({ path }) => ({ method: 'POST', host: undefined, path, closesOwnUrl: true }),
  load: async () => (await import('./run/run.ts')).webhooks,
};

function webhookFault(config: WebhookTrigger): KindFault | undefined {
  const { path, secret, signature, header, idHeader } = config;
  if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path))
    return {
      key: 'path',
      fault: `has the path '${path}'; write segments of letters, digits and . _ ~ -, for instance '/hooks/github'`,
    };
  if (path === '/_lam' || path.startsWith('/_lam/') || path.startsWith('/2015-03-31/'))
    return { key: 'path', fault: `has the path '${path}', which lam keeps for itself` };
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (secrets.length > MOST_SECRETS) return { key: 'secret', fault: `has more than ${MOST_SECRETS} secrets` };
  if (secretFault(secret) !== undefined)
    return {
      key: 'secret',
      fault:
        'has a secret that is written out; write ${NAME} in its place and set it with `lam env set FUNCTION NAME=VALUE`',
    };
  const own = signature === 'hmac' || signature === 'token';
  for (const [key, name] of Object.entries({ header, idHeader })) {
    if (name === undefined) continue;
    if (!own) return { key, fault: `has a ${key}, which counts only with 'signature: hmac' and 'signature: token'` };
    if (!HEADER_NAME.test(name)) return { key, fault: `has the ${key} '${name}', which is not the name of a header` };
  }
  return undefined;
}
