import { epochSeconds, soleHeader, type SignatureScheme } from './scheme.ts';

const HEADER = 'webhook-signature';
const ID = 'webhook-id';
const TIMESTAMP = 'webhook-timestamp';
const PREFIX = 'whsec_';
/** Base64 of 32 bytes. */
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Most signatures that are tried; a sender that rotates its secret sends two. */
const MOST_SIGNATURES = 8;

/**
 * Standard Webhooks: `Webhook-Signature: v1,<base64> ...` over `<id>.<seconds>.<body>`. The secret is `whsec_<base64>`;
 * asymmetric signatures (`v1a`) are ignored.
 */
export const standard: SignatureScheme = {
  header: HEADER,
  read(request) {
    const value = soleHeader(request, HEADER);
    if (typeof value !== 'string') return value;
    const id = soleHeader(request, ID);
    if (typeof id !== 'string') return id;
    const time = soleHeader(request, TIMESTAMP);
    if (typeof time !== 'string') return time;
    const timestamp = epochSeconds(time);
    if (timestamp === undefined) return { fault: 'malformed', header: TIMESTAMP };
    const signatures = value
      .split(' ')
      .filter((item) => item.startsWith('v1,') && SIGNATURE.test(item.slice('v1,'.length)))
      .map((item) => Buffer.from(item.slice('v1,'.length), 'base64'));
    if (signatures.length === 0 || signatures.length > MOST_SIGNATURES) return { fault: 'malformed', header: HEADER };
    return { prefix: `${id}.${time}.`, signatures, timestamp, id };
  },
  keyOf(secret) {
    const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
    return BASE64.test(text) ? Buffer.from(text, 'base64') : `is not '${PREFIX}' and base64`;
  },
};
