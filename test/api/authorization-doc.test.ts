import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseProject } from '../../src/project/index.ts';
import { edgeHouse, type Handlers } from '../support/edge-house.ts';
import { checkRequestLine } from '../support/request-lines.ts';
import { signedHead } from '../support/sigv4.ts';
import { credentialsOf } from '../support/signed-requests.ts';
import { tokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const PAGE = await readFile(new URL('../../docs/authorization.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, kind, text = '']) => ({ kind, text }));
const EXAMPLES = BLOCKS.flatMap(({ kind, text }, n) => {
  const next = BLOCKS[n + 1];
  return kind === 'yaml' && next?.kind === 'text' ? [{ yaml: text, lines: next.text.trim().split(/\n(?! )/) }] : [];
});

/** Variables of all functions of the page. */
const ENVIRONMENT = { GITHUB_SECRET: 'a', STRIPE_SECRET: 'b', OLD_STRIPE_SECRET: 'c', ADA_PASSWORD: 'd' };

type Decide = (event: unknown) => Promise<unknown>;

/** The function of the page that authorizes requests, from its code there. */
function gate(): Decide {
  const code = BLOCKS.find(({ kind }) => kind === 'js')?.text ?? '';
  const exports: { handler?: Decide } = {};
  // oxlint-disable-next-line typescript/no-implied-eval -- the code of the page, as readers run it
  new Function('exports', code)(exports);
  assert.ok(exports.handler !== undefined);
  return exports.handler;
}

describe('docs/authorization.md', () => {
  let folder = '';
  let issuer: TokenIssuer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lam-authorization-'));
    await writeFile(join(folder, 'index.js'), 'exports.handler = async (e) => e;');
    issuer = await tokenIssuer();
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await issuer[Symbol.asyncDispose]();
  });

  test('has an example of each way', () => assert.equal(EXAMPLES.length, 6));

  for (const { yaml, lines } of EXAMPLES)
    test(`says what happens: ${lines[1] ?? ''}`, async () => {
      const own = yaml.replaceAll('https://accounts.example.com', issuer.url);
      const { functions } = await parseProject(own, join(folder, 'lam.yaml'));
      const decide = gate();
      const handlers: Handlers = {
        gate: async ({ event }) => {
          const answer = await decide(JSON.parse(Buffer.from(event).toString()));
          return { kind: 'result', payload: Buffer.from(JSON.stringify(answer)) };
        },
      };
      await using house = await edgeHouse(handlers);
      const { key } = await house.operations.apiKeys.create({ name: 'shop' });
      const caller = credentialsOf(await house.operations.apiKeys.create({ name: 'caller', scopes: ['invoke'] }));
      const { headers: signed } = await signedHead(
        { method: 'GET', path: '/orders', headers: { host: 'localhost' } },
        { accessKeyId: caller.accessKeyId, secret: caller.secretAccessKey, checksum: false },
      );
      const values: Readonly<Record<string, string>> = {
        KEY: key,
        TOKEN: await issuer.token(),
        EXPIRED: await issuer.token({ exp: 1_700_000_000 }),
        SIGNATURE: `sha256=${createHmac('sha256', ENVIRONMENT.GITHUB_SECRET).digest('hex')}`,
        SIGNED: signed['authorization'] ?? '',
        TIME: signed['x-amz-date'] ?? '',
        PASSWORD: Buffer.from(`ada:${ENVIRONMENT.ADA_PASSWORD}`).toString('base64'),
      };
      for (const { name, config } of functions)
        await house.publish(name, { ...config, environment: ENVIRONMENT, runtime: 'nodejs', handler: 'index.handler' });
      for (const line of lines)
        await checkRequestLine(
          house,
          line.replaceAll(/(?<=: (?:\w+ )?)[A-Z]+$/gm, (word) => values[word] ?? word),
        );
    });
});
