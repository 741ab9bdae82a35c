import { hexDigest, soleHeader, textKey, type SignatureScheme } from './scheme.ts';

const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** A signature over the body in a header of any name: hexadecimal or base64, also after `sha256=`. */
export function hmacScheme(header: string): SignatureScheme {
  return {
    header,
    read(request) {
      const value = soleHeader(request, header);
      if (typeof value !== 'string') return value;
      const text = value.replace(/^sha256=/i, '');
      const signature = hexDigest(text) ?? (BASE64.test(text) ? Buffer.from(text, 'base64') : undefined);
      if (signature === undefined) return { fault: 'malformed', header };
      return { prefix: '', signatures: [signature], timestamp: undefined, id: undefined };
    },
    keyOf: textKey,
  };
}
