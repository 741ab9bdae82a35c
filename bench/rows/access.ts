import { createHmac } from 'node:crypto';
import { HELLO } from '../lam/functions.ts';
import type { Lam } from '../lam/lam.ts';
import type { Target } from '../load/target.ts';
import type { Row } from '../row.ts';
import { contest, findingOf, latency, oneByOne, placed } from './contest.ts';

const SECRET = 'the secret of the tokens of this row';

/** A token for an hour, signed by HS256. */
function token(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'bench', aud: 'bench', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 3600 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** A request at a route of the function, with the token, whether or not the route asks for it. */
function targetAt(lam: Lam, path: string, authorization: string): Target {
  return { ...lam.target('hello'), path, headers: { Authorization: authorization } };
}

const jwt: Row = {
  id: 'jwt-cached',
  group: 'triggers',
  measures: [
    latency('jwt-cached', 'one by one, a JWT that was accepted before', 'the same request, no auth', {
      value: 1.1,
      aim: 1.03,
    }),
  ],
  async run(scene) {
    const lam = await scene.own('process');
    try {
      const auth = { type: 'jwt', issuer: 'bench', audience: 'bench', secret: '${JWT_SECRET}' };
      await lam.deploy('hello', HELLO, {
        environment: { JWT_SECRET: SECRET },
        routes: [{ route: 'POST /checked', auth }, 'POST /opened'],
      });
      await lam.invoke('hello');
      await lam.quiet();
      const bearer = `Bearer ${token()}`;
      const samples = await contest(scene, {
        layout: 'one-core',
        rounds: scene.rounds(9),
        sides: [
          { name: 'lam', target: targetAt(lam, '/checked', bearer), pids: [lam.pid] },
          { name: 'floor', target: targetAt(lam, '/opened', bearer), pids: [lam.pid] },
        ],
        take: oneByOne(scene),
      });
      return { findings: { 'jwt-cached': findingOf(samples, placed(scene, 'one-core')) } };
    } finally {
      await lam.dispose();
    }
  },
};

export const ACCESS_ROWS: readonly Row[] = [jwt];
