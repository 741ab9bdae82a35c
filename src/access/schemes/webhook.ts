import type { FunctionName } from '../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../errors/index.ts';
import { unauthenticated } from '../credentials.ts';
import {
  CLIENT_LEFT,
  type AccessHead,
  type AccessHost,
  type AccessVerdict,
  type AuthOptions,
  type AuthScheme,
  type Authorizer,
} from '../scheme.ts';
import { SECRET, secretFault, secretsOf } from '../secrets.ts';
import { SIGNATURE_NAMES, SIGNATURES, type SignatureName } from '../signatures/list.ts';
import { ReplayMemory } from '../signatures/replay-memory.ts';
import { verifySignature, type SignatureFault, type VerifiedSignature } from '../signatures/verify.ts';

interface WebhookOptions extends AuthOptions {
  readonly sender: SignatureName;
  readonly secret: string | readonly string[];
  /** Seconds. */
  readonly tolerance?: number;
  readonly refuseReplays?: boolean;
}

const TOLERANCE = 300;
/** How long requests are remembered whose signatures contain no time (ms). */
const REMEMBER_MS = 86_400_000;

/** Requests that a sender of webhooks signed. */
export const webhook: AuthScheme<WebhookOptions> = {
  summary: 'requests that GitHub, Stripe, Slack or a sender of Standard Webhooks signed',
  options: {
    sender: { description: 'Who signs, and how.', type: 'string', enum: SIGNATURE_NAMES, examples: ['github'] },
    secret: SECRET,
    tolerance: {
      description: 'How far the time of a signature may be from now (seconds). GitHub signs no time.',
      type: 'integer',
      minimum: 1,
      maximum: 86_400,
      default: TOLERANCE,
      examples: [60],
    },
    refuseReplays: {
      description: 'Whether a second copy of an accepted request is refused (409).',
      type: 'boolean',
      default: true,
    },
  },
  required: ['sender', 'secret'],
  fault({ secret }) {
    const wrong = secretFault(secret);
    return wrong === undefined ? undefined : `has a secret ${wrong}`;
  },
  open: (host) => (options, functionName) => new WebhookAuthorizer(host, options, functionName),
};

class WebhookAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #functionName: FunctionName;
  readonly #options: WebhookOptions;
  readonly #memory: ReplayMemory;

  constructor(host: AccessHost, options: WebhookOptions, functionName: FunctionName) {
    this.#host = host;
    this.#options = options;
    this.#memory = new ReplayMemory(host.replays(functionName, JSON.stringify(options)));
    this.#functionName = functionName;
  }

  early({ headers }: AccessHead): LamError | undefined {
    const { header } = SIGNATURES[this.#options.sender];
    return headers[header] === undefined
      ? this.#refuse({ fault: 'missing', why: `the header ${header} is missing` })
      : undefined;
  }

  decide({ head, body }: Parameters<Authorizer['decide']>[0]): AccessVerdict {
    const { sender, secret, tolerance = TOLERANCE, refuseReplays = true } = this.#options;
    const now = this.#host.clock.now();
    const secrets = secretsOf(this.#host, this.#functionName, secret);
    if (isLamError(secrets)) return secrets;
    const found = verifySignature({ headers: head.headers, body }, { scheme: sender, secrets, now, tolerance });
    if ('fault' in found) return this.#refuse(found);
    const { fingerprint, timestamp, id } = found;
    const until = timestamp === undefined ? now + REMEMBER_MS : (timestamp + tolerance) * 1000;
    if (refuseReplays && !this.#memory.admit(fingerprint, until, now)) return lamError('LAM_ACCESS_REPLAYED', {});
    return {
      context: contextOf(sender, { id, timestamp }),
      // So that the sender may try again what was not handled.
      answered: (status) => {
        if (status >= 500 || status === 429 || status === CLIENT_LEFT) this.#memory.forget(fingerprint);
      },
    };
  }

  #refuse({ fault, why }: SignatureFault): LamError {
    if (fault === 'bad-secret') return lamError('LAM_ACCESS_BAD_SECRET', { name: this.#functionName, why });
    const { sender } = this.#options;
    return unauthenticated(why, `let ${sender} sign it with the secret of this route`);
  }
}

function contextOf(
  sender: SignatureName,
  { id, timestamp }: Pick<VerifiedSignature, 'id' | 'timestamp'>,
): { readonly '1.0': string; readonly '2.0': string } {
  const context = JSON.stringify({ webhook: { sender, id, timestamp } });
  return { '1.0': context, '2.0': context };
}
