import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { ReplayMemory, verifySignature, type KeptReplays, type SignatureName } from '../../../src/access/index.ts';

interface Example {
  readonly scheme: SignatureName;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Seconds since the epoch. */
  readonly signedAt: number;
}

const SLACK_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

/** Published by the senders themselves, but for Stripe, which publishes none. */
const EXAMPLES: readonly Example[] = [
  {
    scheme: 'github',
    secret: "It's a Secret to Everybody",
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      'x-github-delivery': 'd-1',
    },
    body: 'Hello, World!',
    signedAt: 1_700_000_000,
  },
  {
    scheme: 'slack',
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    headers: {
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'x-slack-request-timestamp': '1531420618',
    },
    body: SLACK_BODY,
    signedAt: 1_531_420_618,
  },
  {
    scheme: 'standard',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
    body: '{"test": 2432232314}',
    signedAt: 1_614_265_330,
  },
  {
    scheme: 'stripe',
    secret: 'whsec_test',
    headers: {
      'stripe-signature': `t=1700000000,v0=00,v1=${createHmac('sha256', 'whsec_test').update('1700000000.{"id":"evt_1"}').digest('hex')}`,
    },
    body: '{"id":"evt_1"}',
    signedAt: 1_700_000_000,
  },
];

function check(example: Example, also: Partial<Example> & { readonly secrets?: readonly string[]; now?: number } = {}) {
  const { scheme, headers, body, secret, signedAt } = { ...example, ...also };
  const { secrets = [secret], now = signedAt } = also;
  return verifySignature({ headers, body: Buffer.from(body) }, { scheme, secrets, now: now * 1000, tolerance: 300 });
}

function faultOf(result: ReturnType<typeof check>): string {
  return 'fault' in result ? result.fault : 'none';
}

for (const example of EXAMPLES) {
  const { scheme, headers, body, signedAt } = example;
  const [name = '', value = ''] = Object.entries(headers).find(([header]) => header.includes('signature')) ?? [];
  describe(`signatures of ${scheme}`, () => {
    test('an example of the sender is authentic', () => {
      const found = check(example);
      assert.equal(faultOf(found), 'none');
      assert.deepEqual(found, check(example), 'the fingerprint is the same each time');
    });

    test('a changed body, another secret and another signature are forged', () => {
      assert.equal(faultOf(check(example, { body: `${body} ` })), 'forged');
      assert.equal(faultOf(check(example, { secret: 'whsec_AAAA' })), 'forged');
      const last = value.endsWith('=') ? `${value.slice(0, -3)}AA=` : `${value.slice(0, -2)}00`;
      assert.equal(faultOf(check(example, { headers: { ...headers, [name]: last } })), 'forged');
    });

    test('a header that is missing, cut or of another scheme is named', () => {
      const { [name]: _, ...others } = headers;
      const missing = check(example, { headers: others });
      assert.equal(faultOf(missing), 'missing');
      assert.ok('why' in missing && missing.why.includes(name));
      // Joined duplicates of a list of signatures are one list.
      const twice = scheme === 'standard' ? [] : [`${value}, ${value}`];
      for (const text of [value.slice(0, -4), 'v9=00', ' ', '=', ...twice])
        assert.notEqual(faultOf(check(example, { headers: { ...headers, [name]: text } })), 'none', text);
    });

    test('a rotated secret is accepted beside the new one', () => {
      assert.equal(faultOf(check(example, { secrets: ['whsec_AAAA', example.secret] })), 'none');
      assert.equal(faultOf(check(example, { secrets: [example.secret, 'whsec_AAAA'] })), 'none');
    });

    test('an empty secret is the fault of the route, not of the request', () => {
      assert.equal(faultOf(check(example, { secrets: [''] })), 'bad-secret');
    });

    if (scheme !== 'github')
      test('a signature from too long ago or too far ahead is stale', () => {
        for (const off of [-300, 0, 300])
          assert.equal(faultOf(check(example, { now: signedAt + off })), 'none', String(off));
        for (const off of [-301, 301])
          assert.equal(faultOf(check(example, { now: signedAt + off })), 'stale', String(off));
      });
  });
}

test('the seconds of a signature cannot be replaced', () => {
  const [, slack, standard, stripe] = EXAMPLES;
  assert.ok(slack && standard && stripe);
  const slackHeaders = { ...slack.headers, 'x-slack-request-timestamp': '1531420619' };
  assert.equal(faultOf(check(slack, { headers: slackHeaders })), 'forged');
  assert.equal(
    faultOf(check(standard, { headers: { ...standard.headers, 'webhook-timestamp': '1614265331' } })),
    'forged',
  );
  assert.equal(faultOf(check(standard, { headers: { ...standard.headers, 'webhook-id': 'msg_other' } })), 'forged');
  const later = (stripe.headers['stripe-signature'] ?? '').replace('t=1700000000', 't=1700000001');
  assert.equal(faultOf(check(stripe, { headers: { 'stripe-signature': later } })), 'forged');
  const twice = { 'stripe-signature': `t=1700000001,${stripe.headers['stripe-signature']}` };
  assert.equal(faultOf(check(stripe, { headers: twice })), 'malformed');
});

function keptIn(entries: Map<string, number>): KeptReplays {
  return {
    all: () => entries,
    set: (digest, until) => (until === undefined ? entries.delete(digest) : entries.set(digest, until)),
  };
}

describe('ReplayMemory', () => {
  test('admits a request once until its signature is too old', () => {
    const memory = new ReplayMemory(keptIn(new Map()));
    assert.ok(memory.admit('a', 1000, 0));
    assert.ok(!memory.admit('a', 1000, 999));
    assert.ok(memory.admit('b', 1500, 999));
    assert.ok(memory.admit('a', 3000, 2000));
    assert.equal(memory.size, 1);
  });

  test('a request that failed may come again', () => {
    const memory = new ReplayMemory(keptIn(new Map()));
    assert.ok(memory.admit('a', 1000, 0));
    memory.forget('a');
    assert.ok(memory.admit('a', 1000, 1));
  });

  test('is bounded, and forgets the oldest first', () => {
    const kept = new Map<string, number>();
    const memory = new ReplayMemory(keptIn(kept), 3);
    for (const one of ['a', 'b', 'c', 'd']) assert.ok(memory.admit(one, 1000, 0));
    assert.equal(memory.size, 3);
    assert.equal(kept.size, 3);
    assert.ok(!memory.admit('d', 1000, 0));
    assert.ok(memory.admit('a', 1000, 0));
  });

  test('is the same over a restart, and keeps no signature that could be sent', () => {
    const kept = new Map<string, number>();
    const before = new ReplayMemory(keptIn(kept));
    for (const one of ['signature-a', 'signature-b', 'signature-c']) assert.ok(before.admit(one, 1000, 0));
    before.forget('signature-c');
    assert.ok(![...kept.keys()].join('').includes('signature'));
    const after = new ReplayMemory(keptIn(kept));
    assert.deepEqual(
      ['signature-a', 'signature-b', 'signature-c', 'signature-d'].map((one) => after.admit(one, 1000, 1)),
      [false, false, true, true],
    );
  });
});
