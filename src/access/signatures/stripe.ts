import { epochSeconds, hexDigest, soleHeader, textKey, type SignatureScheme } from './scheme.ts';

const HEADER = 'stripe-signature';
/** Most signatures that are tried; a sender that rotates its secret sends two. */
const MOST_SIGNATURES = 8;

/** `Stripe-Signature: t=<seconds>,v1=<hex>,...` over `<seconds>.<body>`. */
export const stripe: SignatureScheme = {
  header: HEADER,
  read(request) {
    const value = soleHeader(request, HEADER);
    if (typeof value !== 'string') return value;
    const items = value.split(',').map((item) => item.trim());
    const valuesOf = (key: string): readonly string[] =>
      items.filter((item) => item.startsWith(`${key}=`)).map((item) => item.slice(key.length + 1));
    const times = valuesOf('t');
    const [time = ''] = times;
    const timestamp = times.length === 1 ? epochSeconds(time) : undefined;
    const signatures = valuesOf('v1').flatMap((text) => hexDigest(text) ?? []);
    if (timestamp === undefined || signatures.length === 0 || signatures.length > MOST_SIGNATURES)
      return { fault: 'malformed', header: HEADER };
    return { prefix: `${time}.`, signatures, timestamp, id: undefined };
  },
  keyOf: textKey,
};
