import { entry } from '../entry.ts';

export const ACCESS = {
  LAM_ACCESS_UNAUTHENTICATED: entry<{
    why: string;
    /** How to send credentials. */
    how: string;
    /** Value of `WWW-Authenticate`. */
    challenge?: string;
  }>({
    kind: 'unauthenticated',
    fault: 'caller',
    message: (d) => `not authorized: ${d.why}`,
    hint: (d) => d.how,
  }),
  LAM_ACCESS_DENIED: entry<{ why: string; challenge?: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `not allowed: ${d.why}`,
  }),
  LAM_ACCESS_FORBIDDEN: entry<{
    /** How to send a request that is accepted. */
    how: string;
    /** Name of the key that may not. */
    key?: string;
  }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'AccessDeniedException',
    message: () => 'Forbidden',
    hint: (d) => d.how,
  }),
  LAM_ACCESS_DUPLICATE: entry<{ what: string }>({
    kind: 'invalid_argument',
    fault: 'caller',
    message: (d) => `the request has the ${d.what} more than once`,
    hint: () => 'send it once',
  }),
  LAM_ACCESS_UNSIGNED: entry({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'MissingAuthenticationTokenException',
    message: () => 'Missing Authentication Token',
    hint: () =>
      'give the client the credentials of a key, or send it as a bearer token: lam key create NAME --scope invoke',
  }),
  LAM_ACCESS_CLIENT_UNKNOWN: entry<{ accessKeyId: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'UnrecognizedClientException',
    message: () => 'The security token included in the request is invalid.',
    hint: () => 'use the access key id and secret of a key that exists: lam key list',
  }),
  LAM_ACCESS_TOKEN_EXPIRED: entry<{ accessKeyId: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'ExpiredTokenException',
    message: () => 'The security token included in the request is expired',
    hint: () => 'use a key that has not ended: lam key list',
  }),
  LAM_ACCESS_SIGNATURE_INCOMPLETE: entry<{ message: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'IncompleteSignatureException',
    message: (d) => d.message,
  }),
  LAM_ACCESS_SIGNATURE_WRONG: entry<{ message: string; accessKeyId: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    aws: 'InvalidSignatureException',
    message: (d) => d.message,
    hint: () => 'check the secret access key, the clock, and proxies that change requests',
  }),
  LAM_ACCESS_REPLAYED: entry({
    kind: 'already_exists',
    fault: 'caller',
    message: () => 'the signed request was received before',
    hint: () => 'sign it again to send it again, or set `refuseReplays: false` in the auth of the route',
  }),
  LAM_ACCESS_KEYS_UNAVAILABLE: entry<{
    /** For the log of the daemon: callers are not told where keys are. */
    why: string;
  }>({
    kind: 'unavailable',
    fault: 'host',
    message: () => 'the token cannot be checked, because the keys of its issuer cannot be fetched',
    hint: () => 'try again in a moment; the log of the daemon says why',
  }),
  LAM_ACCESS_VARIABLE_MISSING: entry<{ name: string; variable: string }>({
    kind: 'internal',
    fault: 'function',
    message: (d) => `requests cannot be authorized: '${d.name}' lacks the variable '${d.variable}'`,
    hint: (d) => `set it: lam env set ${d.name} ${d.variable}=VALUE`,
  }),
  LAM_ACCESS_BAD_SECRET: entry<{ name: string; why: string }>({
    kind: 'internal',
    fault: 'function',
    message: (d) => `requests cannot be authorized: ${d.why}`,
    hint: (d) => `correct the variable to which the route refers: lam env set ${d.name} NAME=VALUE`,
  }),
  LAM_ACCESS_AUTHORIZER_FAILED: entry<{ name: string }>({
    kind: 'internal',
    fault: 'function',
    message: (d) => `the authorizer '${d.name}' did not decide`,
    hint: (d) => `see its log: lam logs ${d.name}`,
  }),
  LAM_ACCESS_OWN_URL: entry<{ name: string; route: string }>({
    kind: 'permission_denied',
    fault: 'caller',
    message: (d) => `'${d.name}' has routes with auth or a webhook, so it does not answer at /${d.name}`,
    hint: (d) => `call one of its routes: ${d.route}; or invoke it: lam invoke ${d.name}`,
  }),
};
