import { epochSeconds, hexDigest, soleHeader, textKey, type SignatureScheme } from './scheme.ts';

const HEADER = 'x-slack-signature';
const TIMESTAMP = 'x-slack-request-timestamp';

/** `X-Slack-Signature: v0=<hex>` over `v0:<seconds>:<body>`; the seconds are in `X-Slack-Request-Timestamp`. */
export const slack: SignatureScheme = {
  header: HEADER,
  read(request) {
    const value = soleHeader(request, HEADER);
    if (typeof value !== 'string') return value;
    const time = soleHeader(request, TIMESTAMP);
    if (typeof time !== 'string') return time;
    const timestamp = epochSeconds(time);
    if (timestamp === undefined) return { fault: 'malformed', header: TIMESTAMP };
    const signature = value.startsWith('v0=') ? hexDigest(value.slice('v0='.length)) : undefined;
    if (signature === undefined) return { fault: 'malformed', header: HEADER };
    return { prefix: `v0:${time}:`, signatures: [signature], timestamp, id: undefined };
  },
  keyOf: textKey,
};
