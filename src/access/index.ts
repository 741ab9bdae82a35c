export { Authorizers } from './authorizers.ts';
export {
  CLIENT_LEFT,
  type AccessGrant,
  type AccessHead,
  type AccessHost,
  type AuthSetting,
  type Authorizer,
  type AuthorizerEvent,
  type AuthorizerRun,
  type CallerIdentity,
} from './scheme.ts';
export type { KeyRing, SigningCredential, SigningSession } from './key-ring.ts';
export { secretFault, secretVariables } from './secrets.ts';
export { AUTH_SCHEMA, authFault, isProtecting } from './setting.ts';
export { hmacScheme } from './signatures/hmac.ts';
export { signedService } from './sigv4/parse.ts';
export { SignatureVerifier } from './sigv4/verifier.ts';
export { SIGNATURE_NAMES, type SignatureName } from './signatures/list.ts';
export { ReplayMemory, type KeptReplays } from './signatures/replay-memory.ts';
export { type SignedHeaders, type SignedRequest } from './signatures/scheme.ts';
export {
  verifySignature,
  type SignatureFault,
  type SignatureTerms,
  type VerifiedSignature,
} from './signatures/verify.ts';
