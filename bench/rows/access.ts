import { createHash, createHmac } from 'node:crypto';
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

const awsInvoke: Row = {
  id: 'aws-invoke',
  group: 'triggers',
  measures: [
    latency('aws-invoke', "one by one, AWS's Invoke without a signature", "the function's own URL", {
      value: 1.05,
      aim: 1,
    }),
  ],
  async run(scene) {
    const lam = await scene.lam('process');
    await lam.invoke('hello');
    await lam.quiet();
    const samples = await contest(scene, {
      layout: 'one-core',
      rounds: scene.rounds(9),
      sides: [
        { name: 'lam', target: lam.target('hello'), pids: [lam.pid] },
        { name: 'floor', target: lam.httpTarget('hello'), pids: [lam.pid] },
      ],
      take: oneByOne(scene),
    });
    return { findings: { 'aws-invoke': findingOf(samples, placed(scene, 'one-core')) } };
  },
};

type SigningKey = Awaited<ReturnType<Lam['control']['signingKey']>>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Signs a target as AWS's clients do; the signature counts for five minutes. */
function signed(target: Target, { accessKeyId, secretAccessKey }: SigningKey): Target {
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/us-east-1/lambda/aws4_request`;
  const hash = sha256(target.body);
  const names = 'content-type;host;x-amz-content-sha256;x-amz-date';
  const lines = ['content-type:application/json', 'host:localhost', `x-amz-content-sha256:${hash}`, `x-amz-date:${at}`];
  const request = ['POST', target.path, '', ...lines, '', names, hash].join('\n');
  let key: string | Buffer = `AWS4${secretAccessKey}`;
  const text = `AWS4-HMAC-SHA256\n${at}\n${scope}\n${sha256(request)}`;
  for (const part of [...scope.split('/'), text]) key = createHmac('sha256', key).update(part).digest();
  const signature = Buffer.from(key).toString('hex');
  const Authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...target, headers: { Authorization, 'X-Amz-Date': at, 'X-Amz-Content-Sha256': hash } };
}

const sigv4: Row = {
  id: 'sigv4',
  group: 'triggers',
  measures: [
    latency('sigv4', "one by one, AWS's Invoke whose signature is verified", 'the same, unsigned', {
      value: 1.5,
      aim: 1.2,
    }),
  ],
  async run(scene) {
    // Where a key signs, unsigned requests are refused.
    const [keyed, open] = [await scene.own('process'), await scene.own('process')];
    try {
      const key = await keyed.control.signingKey('bench');
      for (const lam of [keyed, open]) await lam.deploy('hello', HELLO);
      const take = oneByOne(scene);
      // Invokes once for the first sandbox, and as often as is measured.
      await take(signed(keyed.target('hello'), key), []);
      await open.invoke('hello');
      for (const lam of [keyed, open]) await lam.quiet();
      const samples = await contest(scene, {
        layout: 'one-core',
        rounds: scene.rounds(9),
        sides: [
          { name: 'lam', target: keyed.target('hello'), pids: [keyed.pid] },
          { name: 'floor', target: open.target('hello'), pids: [open.pid] },
        ],
        take: (target, prefix) => take(target.port === keyed.port ? signed(target, key) : target, prefix),
      });
      return { findings: { sigv4: findingOf(samples, placed(scene, 'one-core')) } };
    } finally {
      await keyed.dispose();
      await open.dispose();
    }
  },
};

export const ACCESS_ROWS: readonly Row[] = [jwt, awsInvoke, sigv4];
