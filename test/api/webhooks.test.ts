import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { TriggerConfig, TriggerDetail } from '../../src/contract/index.ts';
import { lamError } from '../../src/errors/index.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse, type Handlers } from '../support/edge-house.ts';

const SECRET = 'c2VjcmV0';
const PATH = '/hooks/in';

/** The event of a webhook, as far as the tests read it. */
interface Delivered {
  readonly body: string;
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Hook extends AsyncDisposable {
  readonly house: EdgeHouse;
  readonly events: readonly Delivered[];
  deploy(settings: object, environment?: Readonly<Record<string, string>>): Promise<void>;
  send(body: string, headers: Readonly<Record<string, string>>): Promise<Answer>;
  /** Waits until this many events have run. */
  ran(count: number): Promise<void>;
  state(): Promise<TriggerDetail>;
}

async function hookHouse(more: Parameters<typeof edgeHouse>[1] = {}): Promise<Hook> {
  const events: Delivered[] = [];
  const handlers: Handlers = {
    hook: ({ event }) => {
      events.push(JSON.parse(Buffer.from(event).toString()) as Delivered);
      return Promise.resolve({ kind: 'result', payload: Buffer.from('null') });
    },
  };
  const house = await edgeHouse(handlers, more);
  const state = async (): Promise<TriggerDetail> => {
    const all = (await house.control('/_lam/v1/triggers?type=webhook')).json() as unknown;
    const list = (Array.isArray(all) ? all : (all as { triggers: unknown }).triggers) as readonly TriggerDetail[];
    assert.ok(list[0]);
    return list[0];
  };
  return {
    house,
    events,
    state,
    async deploy(settings, environment = { SECRET }) {
      const trigger = { type: 'webhook', path: PATH, secret: '${SECRET}', ...settings } as TriggerConfig;
      await house.publish('hook', { triggers: [trigger], environment });
      while (['starting'].includes((await state()).state)) await turn();
    },
    send: (body, headers) => house.ask(PATH, { method: 'POST', body, headers }),
    async ran(count) {
      while (events.length < count) await turn();
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function hmac(text: string, secret: string | Buffer = SECRET): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

const now = (): number => Math.floor(Date.now() / 1000);

/** How each sender signs a body, and what it sends again after a failure. */
const SENDERS: Readonly<Record<string, (body: string, secret?: string, at?: number) => Record<string, string>>> = {
  github: (body, secret) => ({
    'x-hub-signature-256': `sha256=${hmac(body, secret).toString('hex')}`,
    'x-github-delivery': randomUUID(),
  }),
  stripe: (body, secret, at = now()) => ({
    'stripe-signature': `t=${at},v1=${hmac(`${at}.${body}`, secret).toString('hex')}`,
  }),
  slack: (body, secret, at = now()) => ({
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': `v0=${hmac(`v0:${at}:${body}`, secret).toString('hex')}`,
  }),
  standard: (body, secret = SECRET, at = now()) => ({
    'webhook-id': `msg_${(JSON.parse(body) as { id: string }).id}`,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${hmac(`msg_${(JSON.parse(body) as { id: string }).id}.${at}.${body}`, Buffer.from(secret, 'base64')).toString('base64')}`,
  }),
  hmac: (body, secret) => ({ 'x-signature': hmac(body, secret).toString('base64') }),
};

const bodyOf = (id: string): string => JSON.stringify({ id, event_id: id, text: 'hello ü' });

for (const [signature, sign] of Object.entries(SENDERS))
  describe(`a webhook signed as ${signature} does`, { timeout: 60_000 }, () => {
    test('runs an authentic request once, also if it is sent again, and keeps that over a pause', async () => {
      await using hook = await hookHouse();
      await hook.deploy({ signature });
      const body = bodyOf('1');
      const first = await hook.send(body, sign(body));
      assert.equal(first.status, signature === 'slack' ? 200 : 202, first.text);
      assert.equal(first.text, '');
      const requestId = first.headers['x-lam-request-id'];
      assert.match(String(requestId), /^[0-9a-f-]{36}$/);
      await hook.ran(1);
      assert.deepEqual([hook.events[0]?.body, hook.events[0]?.rawPath], [body, PATH]);
      // As the sender repeats it: with another time, where it signs one.
      const again = await hook.send(body, sign(body, SECRET, now() + 1));
      assert.deepEqual(
        [again.status, again.headers['x-lam-duplicate'], again.headers['x-lam-request-id']],
        [200, 'true', requestId],
      );
      await hook.house.operations.triggers.setPaused(await named(hook), true);
      const paused = await hook.send(bodyOf('2'), sign(bodyOf('2')));
      assert.deepEqual([paused.status, paused.json()['code']], [503, 'LAM_TRIGGERS_WEBHOOK_WAITS']);
      assert.equal(paused.headers['retry-after'], '1');
      await hook.house.operations.triggers.setPaused(await named(hook), false);
      while ((await hook.state()).state !== 'running') await turn();
      assert.equal((await hook.send(body, sign(body))).headers['x-lam-duplicate'], 'true');
      await hook.send(bodyOf('2'), sign(bodyOf('2')));
      await hook.ran(2);
      assert.deepEqual(
        hook.events.map((event) => (JSON.parse(event.body) as { id: string }).id),
        ['1', '2'],
      );
    });

    test('refuses forged, changed, unsigned and old requests', async () => {
      await using hook = await hookHouse();
      await hook.deploy({ signature });
      const body = bodyOf('1');
      const refused = async (text: string, headers: Record<string, string>): Promise<void> => {
        const answer = await hook.send(text, headers);
        assert.deepEqual([answer.status, answer.json()['code']], [401, 'LAM_TRIGGERS_WEBHOOK_REFUSED']);
        assert.ok(!answer.text.includes(SECRET));
      };
      await refused(body, {});
      await refused(body, sign(body, 'b3RoZXI='));
      await refused(bodyOf('2'), { ...sign(body) });
      if (['stripe', 'slack', 'standard'].includes(signature)) {
        await refused(body, sign(body, SECRET, now() - 1000));
        await refused(body, sign(body, SECRET, now() + 1000));
      }
      assert.equal(hook.events.length, 0);
      assert.equal((await hook.state()).counts?.received, 0);
    });

    test('takes two secrets while one is changed for another', async () => {
      await using hook = await hookHouse();
      await hook.deploy({ signature, secret: ['${NEW}', '${OLD}'] }, { NEW: 'bmV3', OLD: SECRET });
      for (const [n, secret] of ['bmV3', SECRET].entries())
        assert.ok((await hook.send(bodyOf(`${n}`), sign(bodyOf(`${n}`), secret))).status < 203);
      await hook.ran(2);
    });
  });

async function named(hook: Hook): Promise<Pick<TriggerDetail, 'functionName' | 'type' | 'name'>> {
  const { functionName, type, name } = await hook.state();
  return { functionName, type, name };
}

describe('a webhook', { timeout: 60_000 }, () => {
  test('with a token takes requests that carry it, and keeps it from the function', async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'token', header: 'X-Gitlab-Token', idHeader: 'x-gitlab-event-uuid' });
    const headers = { 'x-gitlab-token': SECRET, 'x-gitlab-event-uuid': 'a' };
    assert.equal((await hook.send('1', { ...headers, 'x-gitlab-token': 'wrong' })).status, 401);
    assert.equal((await hook.send('1', headers)).status, 202);
    assert.equal((await hook.send('1', headers)).headers['x-lam-duplicate'], 'true');
    assert.equal((await hook.send('1', { ...headers, 'x-gitlab-event-uuid': 'b' })).status, 202);
    await hook.ran(2);
    assert.equal(hook.events[0]?.headers['x-gitlab-token'], undefined);
    assert.equal(hook.events[0]?.headers['x-gitlab-event-uuid'], 'a');
  });

  test("is not bypassed by the function's own URL", async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'github' });
    for (const path of ['/hook', `/hook${PATH}`, '/hook@1', '/%68ook/x']) {
      const answer = await hook.house.ask(path, { method: 'POST', body: bodyOf('forged') });
      assert.deepEqual([answer.status, answer.json()['code']], [403, 'LAM_ACCESS_OWN_URL'], path);
      assert.match(String(answer.json()['hint']), /POST \/hooks\/in/);
    }
    assert.equal(hook.events.length, 0);
    assert.equal((await hook.house.control('/hook')).status, 200, "the owner's socket");
  });

  test('runs a delivery once that comes many times at once', async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'stripe' });
    const headers = SENDERS['stripe']?.(bodyOf('1')) ?? {};
    const answers = await Promise.all(Array.from({ length: 32 }, () => hook.send(bodyOf('1'), headers)));
    assert.deepEqual(answers.filter(({ status }) => status === 202).length, 1);
    await hook.ran(1);
    while ((await hook.state()).counts?.running !== 0) await turn();
    const { counts } = await hook.state();
    assert.deepEqual([counts?.received, counts?.filtered], [1, 31]);
    assert.deepEqual([counts?.running, counts?.succeeded, counts?.dead], [0, 1, 0]);
  });

  test("answers Slack's question for the URL without a run", async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'slack' });
    const body = JSON.stringify({ type: 'url_verification', challenge: '3eZbrw1a' });
    const answer = await hook.send(body, SENDERS['slack']?.(body) ?? {});
    assert.deepEqual([answer.status, answer.text], [200, '3eZbrw1a']);
    assert.equal(hook.events.length, 0);
  });

  test('that is too large, or not a POST, is refused', async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'github', maxBody: 100 });
    const body = 'x'.repeat(101);
    const large = await hook.send(body, SENDERS['github']?.(body) ?? {});
    assert.deepEqual([large.status, large.json()['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE']);
    await hook.deploy({ signature: 'github', maxBody: 4 * 1024 * 1024 });
    const escaped = '\u0001'.repeat(2_000_000);
    const long = await hook.send(escaped, SENDERS['github']?.(escaped) ?? {});
    assert.deepEqual([long.status, long.json()['code']], [413, 'LAM_EDGE_PAYLOAD_TOO_LARGE'], 'as an event');
    assert.deepEqual((await hook.state()).counts?.running, 0);
    const get = await hook.house.ask(PATH);
    assert.deepEqual([get.status, get.headers['allow']], [405, 'POST']);
  });

  for (const way of WAYS)
    test(`comes before routes, and with any Host name, read by ${way}`, async () => {
      await using hook = await hookHouse({ way });
      await hook.house.publish('all', { routes: ['ANY /{path+}'] });
      await hook.deploy({ signature: 'github' });
      const headers = { ...SENDERS['github']?.('1'), host: 'hooks.example.com' };
      assert.equal((await hook.send('1', headers)).status, 202);
      await hook.ran(1);
    });

  test('without its variable, or with a secret that is none, waits and says so', async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'github' }, {});
    const missing = await hook.state();
    assert.deepEqual([missing.state, missing.cause?.includes("needs the variable 'SECRET'")], ['retrying', true]);
    assert.equal((await hook.send('1', {})).status, 503);
    await hook.deploy({ signature: 'standard' }, { SECRET: 'not base64!' });
    const why = "the secret of the webhook is not 'whsec_' and base64";
    const { message } = lamError('LAM_TRIGGERS_WEBHOOK_SECRET', { name: 'hook', variable: 'SECRET', why });
    while ((await hook.state()).cause !== message) await turn();
    await hook.deploy({ signature: 'standard' }, { SECRET });
    while ((await hook.state()).state !== 'running') await turn();
  });

  test('with a path of another function is refused, naming it', async () => {
    await using hook = await hookHouse();
    await hook.deploy({ signature: 'github' });
    const triggers = [{ type: 'webhook', path: PATH, secret: '${S}', signature: 'github' }];
    await assert.rejects(hook.house.publish('other', { triggers }), /LAM_TRIGGERS_WEBHOOK_CONFLICT.*belongs to 'hook'/);
  });

  for (const [settings, fault] of [
    [{ secret: 'written-out' }, /has a secret that is written out/],
    [{ path: 'hooks' }, /has the path 'hooks'; write segments/],
    [{ path: '/_lam/x' }, /which lam keeps for itself/],
    [{ header: 'x-a' }, /has a header, which counts only with 'signature: hmac'/],
    [{ signature: 'hmac', header: 'a b' }, /has the header 'a b', which is not the name of a header/],
    [{ signature: 'md5' }, /signature must be one of github, stripe, slack, standard, hmac, token/],
  ] as const)
    test(`is refused with ${JSON.stringify(settings)}`, async () => {
      await using hook = await hookHouse();
      await assert.rejects(hook.deploy({ signature: 'github', ...settings }), fault);
    });
});
