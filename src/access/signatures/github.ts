import { hexDigest, soleHeader, textKey, type SignatureScheme } from './scheme.ts';

const HEADER = 'x-hub-signature-256';

/** `X-Hub-Signature-256: sha256=<hex>` over the body; the id of the delivery is not signed. */
export const github: SignatureScheme = {
  header: HEADER,
  read(request) {
    const value = soleHeader(request, HEADER);
    if (typeof value !== 'string') return value;
    const signature = value.startsWith('sha256=') ? hexDigest(value.slice('sha256='.length)) : undefined;
    if (signature === undefined) return { fault: 'malformed', header: HEADER };
    const id = request.headers['x-github-delivery'];
    return {
      prefix: '',
      signatures: [signature],
      timestamp: undefined,
      id: typeof id === 'string' ? id : undefined,
    };
  },
  keyOf: textKey,
};
