import type { KeyRing } from '../access/index.ts';
import type { Clock } from '../kit/index.ts';
import type { Store } from '../store/index.ts';

/** Wires wire APIs to the keys of the store. */
export function keyRing({ apiKeys, awsCredentials }: Pick<Store, 'apiKeys' | 'awsCredentials'>, clock: Clock): KeyRing {
  return {
    get hasScopes() {
      return apiKeys.hasScopes;
    },
    get hasSigning() {
      return apiKeys.hasSigning;
    },
    identify(key) {
      const found = apiKeys.identify(key);
      if (found === undefined || found.scopes.length === 0) return undefined;
      return found.expiresAt !== null && found.expiresAt <= clock.now() ? undefined : found;
    },
    credential: (accessKeyId, sessionToken) => awsCredentials.find(accessKeyId, sessionToken, clock.now()),
    session: (key, expiresAt) => awsCredentials.session(key, expiresAt),
  };
}
