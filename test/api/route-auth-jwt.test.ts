import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { systemClock, type Clock } from '../../src/kit/index.ts';
import { edgeHouse, type Answer, type EdgeHouse } from '../support/edge-house.ts';
import { tokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const MINUTE = 60_000;

/** The system's clock, which a test sets forward. */
class ForwardClock implements Clock {
  ahead = 0;
  now = (): number => Date.now() + this.ahead;
  monotonic = systemClock.monotonic;
  after = systemClock.after;
  every = systemClock.every;
}

function outcome({ status, text }: Answer): readonly unknown[] {
  return [status, (JSON.parse(text) as { readonly code?: string }).code];
}

const REFUSED = [401, 'LAM_ACCESS_UNAUTHENTICATED'] as const;
const UNAVAILABLE = [503, 'LAM_ACCESS_KEYS_UNAVAILABLE'] as const;
const SECRET = 'a shared secret of 32 bytes or more';

/** A daemon with a route for tokens of an issuer of its own. */
async function jwtHouse(more: Readonly<Record<string, unknown>> = {}) {
  const clock = new ForwardClock();
  const issuer = await tokenIssuer();
  const house = await edgeHouse({}, { clock });
  const auth = { type: 'jwt', issuer: issuer.url, audience: ['orders', 'billing'], ...more };
  await house.publish('any', {
    environment: { SECRET, SHORT: 'short' },
    routes: [
      { route: 'GET /orders', auth },
      { route: 'GET /scoped', auth: { ...auth, scopes: ['orders.read', 'orders.write'] } },
      { route: 'GET /query', auth: { ...auth, identitySource: ['$request.querystring.token'] } },
      { route: 'GET /odd', auth: { ...auth, identitySource: ['$request.querystring.authorization'] } },
      { route: 'GET /keys', auth: { type: 'jwt', jwks: `${issuer.url}/keys` } },
      { route: 'GET /secret', auth: { type: 'jwt', secret: ['${SECRET}'] } },
      { route: 'GET /short', auth: { type: 'jwt', secret: '${SHORT}' } },
    ],
  });
  return {
    clock,
    issuer,
    house,
    ask: (path: string, token?: string): Promise<Answer> =>
      house.ask(path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }),
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

describe('tokens at a route with auth: jwt', () => {
  let all: Awaited<ReturnType<typeof jwtHouse>>;
  let house: EdgeHouse;
  let issuer: TokenIssuer;
  before(async () => {
    all = await jwtHouse();
    ({ house, issuer } = all);
  });
  after(() => all[Symbol.asyncDispose]());

  test('valid ones run the function, which finds the claims as API Gateway has them', async () => {
    const more = { groups: ['a', 'b'], admin: true, scope: 'orders.read other' };
    const answer = await all.ask('/orders', await issuer.token(more));
    assert.equal(answer.status, 200, answer.text);
    const { authorizer } = answer.json()['requestContext'] as { readonly authorizer: { readonly jwt: unknown } };
    const { claims, scopes } = authorizer.jwt as { claims: Record<string, string>; scopes: unknown };
    assert.deepEqual(scopes, ['orders.read', 'other']);
    const { iat, exp, ...rest } = claims;
    assert.deepEqual(rest, {
      iss: issuer.url,
      aud: 'orders',
      sub: 'ada',
      groups: '[a b]',
      admin: 'true',
      scope: 'orders.read other',
    });
    assert.match(`${iat} ${exp}`, /^\d+ \d+$/);
  });

  test('in a query parameter, by a JWK set alone, and with a shared secret', async () => {
    assert.equal((await all.ask(`/query?token=${await issuer.token()}`)).status, 200);
    assert.equal((await all.ask(`/odd?authorization=${await issuer.token()}`)).status, 200);
    assert.equal((await all.ask('/keys', await issuer.token({ iss: 'other', aud: 'x' }))).status, 200);
    const shared = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
    assert.equal((await all.ask('/secret', await shared.sign(Buffer.from(SECRET)))).status, 200);
    assert.deepEqual(outcome(await all.ask('/secret', await shared.sign(Buffer.alloc(32)))), REFUSED);
    assert.deepEqual(outcome(await all.ask('/secret', await issuer.token())), REFUSED);
    assert.deepEqual(outcome(await all.ask('/short', await shared.sign(Buffer.from(SECRET)))), [
      500,
      'LAM_ACCESS_BAD_SECRET',
    ]);
  });

  test('several audiences and client_id count', async () => {
    assert.equal((await all.ask('/orders', await issuer.token({ aud: ['x', 'billing'] }))).status, 200);
    const { aud: _, ...none } = { aud: undefined, client_id: 'orders' };
    assert.equal((await all.ask('/orders', await issuer.token({ ...none, aud: undefined as never }))).status, 200);
  });

  test('without a token the challenge names no error, with a bad one it does', async () => {
    const none = await all.ask('/orders');
    assert.deepEqual([none.status, none.headers['www-authenticate']], [401, 'Bearer realm="lam"']);
    const bad = await all.ask('/orders', 'x.y.z');
    assert.match(bad.headers['www-authenticate'] ?? '', /^Bearer realm="lam", error="invalid_token"/);
  });

  const now = Math.floor(Date.now() / 1000);
  const cases: Readonly<Record<string, () => Promise<string>>> = {
    'an expired one': () => issuer.token({ exp: now - 31 }),
    'one that is not valid yet': () => issuer.token({ nbf: now + 120 }),
    'one without an end': () => issuer.token({ exp: undefined as never }),
    'one for another audience': () => issuer.token({ aud: 'other' }),
    'one of another issuer': () => issuer.token({ iss: 'https://evil.example' }),
    'one signed by nobody (alg none)': () =>
      Promise.resolve(new UnsecuredJWT({ iss: issuer.url, aud: 'orders', exp: now + 60 }).encode()),
    'one whose HMAC is made with the public key': () => {
      const { kid } = issuer.keys[0] ?? {};
      const key = Buffer.from(JSON.stringify(issuer.keys[0]));
      return new SignJWT({ iss: issuer.url, aud: 'orders', exp: now + 60 })
        .setProtectedHeader({ alg: 'HS256', ...(kid === undefined ? {} : { kid }) })
        .sign(key);
    },
    'one with another algorithm in its head': async () => {
      const [, payload, signature] = (await issuer.token()).split('.');
      const head = Buffer.from(JSON.stringify({ alg: 'RS256', kid: issuer.keys[0]?.kid })).toString('base64url');
      return `${head}.${payload}.${signature}`;
    },
    'one whose claims were changed': async () => {
      const [head, , signature] = (await issuer.token()).split('.');
      const claims = { iss: issuer.url, aud: 'orders', sub: 'root', exp: now + 3600 };
      return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    },
    'a cut one': async () => (await issuer.token()).slice(0, -2),
    'one that is too long': async () => `${await issuer.token()}${'x'.repeat(10_000)}`,
    text: () => Promise.resolve('hello'),
  };
  for (const [what, make] of Object.entries(cases))
    test(`${what} is refused`, async () => {
      const before = house.arrivals();
      assert.deepEqual(outcome(await all.ask('/orders', await make())), REFUSED);
      assert.equal(house.arrivals(), before);
    });

  test('clocks may differ by the skew', async () => {
    assert.equal(
      (await all.ask('/orders', await issuer.token({ exp: Math.floor(Date.now() / 1000) - 5 }))).status,
      200,
    );
    assert.equal(
      (await all.ask('/orders', await issuer.token({ nbf: Math.floor(Date.now() / 1000) + 15 }))).status,
      200,
    );
  });

  test('a token needs one of the scopes of the route', async () => {
    const bad = await all.ask('/scoped', await issuer.token({ scope: 'orders.delete' }));
    assert.deepEqual(outcome(bad), [403, 'LAM_ACCESS_DENIED']);
    assert.match(bad.headers['www-authenticate'] ?? '', /error="insufficient_scope", scope="orders.read orders.write"/);
    assert.equal((await all.ask('/scoped', await issuer.token({ scope: 'x orders.write' }))).status, 200);
    assert.equal((await all.ask('/scoped', await issuer.token({ scp: ['orders.read'] }))).status, 200);
  });

  test('an accepted token is refused from its end on, although it is remembered', async () => {
    await using own = await jwtHouse();
    const token = await own.issuer.token({ exp: Math.floor(Date.now() / 1000) + 60 });
    assert.equal((await own.ask('/orders', token)).status, 200);
    own.clock.ahead = 100_000;
    assert.deepEqual(outcome(await own.ask('/orders', token)), REFUSED);
  });
});

describe('keys of an issuer', () => {
  test('are fetched once for many requests, and again for a token with a new key', async () => {
    await using all = await jwtHouse();
    const { issuer, clock } = all;
    const first = await issuer.token();
    const answers = await Promise.all(Array.from({ length: 20 }, () => all.ask('/orders', first)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(issuer.fetches(), 1);
    await issuer.rotate(false);
    clock.ahead = MINUTE;
    assert.equal((await all.ask('/orders', await issuer.token())).status, 200);
    assert.equal(issuer.fetches(), 2);
    assert.equal((await all.ask('/orders', first)).status, 200, 'the old key is still served');
  });

  test('that the issuer has withdrawn are refused after the next fetch', async () => {
    await using all = await jwtHouse();
    const { issuer, clock } = all;
    const first = await issuer.token();
    assert.equal((await all.ask('/orders', first)).status, 200);
    await issuer.rotate(true);
    clock.ahead = MINUTE;
    assert.equal((await all.ask('/orders', await issuer.token())).status, 200);
    clock.ahead = 2 * MINUTE;
    assert.deepEqual(outcome(await all.ask('/orders', first)), REFUSED);
  });

  test('unknown keys do not make lam fetch again and again', async () => {
    await using all = await jwtHouse();
    const { issuer } = all;
    assert.equal((await all.ask('/orders', await issuer.token())).status, 200);
    for (const kid of ['a', 'b', 'c'])
      assert.deepEqual(outcome(await all.ask('/orders', await issuer.token({}, { kid }))), REFUSED);
    assert.equal(issuer.fetches(), 1);
  });

  test('an issuer that is down makes 503 with Retry-After; known keys go on working', async () => {
    await using all = await jwtHouse();
    const { issuer, clock } = all;
    issuer.down();
    const token = await issuer.token();
    const down = await all.ask('/orders', token);
    assert.deepEqual(outcome(down), UNAVAILABLE);
    assert.equal(down.headers['retry-after'], '1');
    issuer.up();
    clock.ahead = MINUTE;
    assert.equal((await all.ask('/orders', token)).status, 200);
    issuer.down();
    clock.ahead = 12 * MINUTE;
    assert.equal((await all.ask('/orders', token)).status, 200, 'keys are old, but known');
    assert.equal((await all.ask('/orders', await issuer.token({ sub: 'grace' }))).status, 200);
    await issuer.rotate(false);
    clock.ahead = 13 * MINUTE;
    assert.deepEqual(outcome(await all.ask('/orders', await issuer.token())), UNAVAILABLE, 'the key may be a new one');
    clock.ahead = 26 * 60 * MINUTE;
    const late = await issuer.token({ exp: Math.floor(clock.now() / 1000) + 60 });
    assert.deepEqual(outcome(await all.ask('/orders', late)), UNAVAILABLE, 'keys of yesterday');
  });

  test('an issuer that answers nonsense is one that is down', async () => {
    await using all = await jwtHouse();
    all.issuer.answer(500);
    assert.deepEqual(outcome(await all.ask('/orders', await all.issuer.token())), UNAVAILABLE);
  });

  test('a configuration of another issuer is not taken', async () => {
    await using all = await jwtHouse();
    const { issuer, house } = all;
    await house.publish('other', {
      routes: [{ route: 'GET /other', auth: { type: 'jwt', issuer: `${issuer.url}/` } }],
    });
    assert.deepEqual(outcome(await all.ask('/other', await issuer.token())), UNAVAILABLE);
  });
});
