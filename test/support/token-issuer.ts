import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** An issuer of tokens with an OpenID configuration and keys that can be rotated, on a port of its own. */
export interface TokenIssuer extends AsyncDisposable {
  readonly url: string;
  /** The public keys, as served. */
  readonly keys: JWK[];
  /** Number of times that the keys were fetched. */
  fetches(): number;
  /** Answers with this status from now on; 200 for the keys. */
  answer(status: number): void;
  /** Closes each connection without an answer, and keeps the port, until `up`. */
  down(): void;
  up(): void;
  /** Makes another key, with which tokens are signed from now on; returns its id. @param isOnly whether it replaces the others */
  rotate(isOnly: boolean): Promise<string>;
  /** Signs a token for an hour, of this issuer and for `orders`; `more` replaces claims. */
  token(more?: JWTPayload, header?: { readonly kid?: string; readonly alg?: string }): Promise<string>;
}

/** Starts an issuer whose first key is an ES256 key called `k1`. */
export async function tokenIssuer(): Promise<TokenIssuer> {
  const keys: JWK[] = [];
  let status = 200;
  let fetches = 0;
  let url = '';
  let isDown = false;
  let signing: { readonly key: CryptoKey; readonly kid: string } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    if (isKeys) fetches++;
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(isKeys ? { keys } : { issuer: url, jwks_uri: `${url}/keys` }));
  });
  server.on('connection', (socket) => {
    if (isDown) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
  const rotate = async (isOnly: boolean): Promise<string> => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const kid = `k${keys.length + fetches + 1}-${Math.round(performance.now())}`;
    if (isOnly) keys.length = 0;
    keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
    signing = { key: privateKey, kid };
    return kid;
  };
  await rotate(true);
  return {
    url,
    keys,
    fetches: () => fetches,
    answer: (next) => void (status = next),
    down() {
      isDown = true;
      cut();
    },
    up: () => void (isDown = false),
    rotate,
    async token(more = {}, header = {}) {
      if (signing === undefined) throw new Error('it has no key');
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: url, aud: 'orders', sub: 'ada', iat: now, exp: now + 3600, ...more };
      return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: signing.kid, ...header }).sign(signing.key);
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
