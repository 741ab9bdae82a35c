import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { InvokeOutcome } from '../../src/executor/session.ts';
import { edgeHouse, WAYS, type Answer, type EdgeHouse, type Handlers } from '../support/edge-house.ts';

const BROWSER = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
};

/** Markup that would run, load or leave the page, if it were not escaped. */
const ATTACK = `</pre></style><script>alert(1)</script><img src=x onerror="alert('2')"><meta http-equiv=refresh>&lt;b&gt;`;

/** Elements of the page. */
const TAGS = new Set([
  'doctype',
  'html',
  'head',
  'meta',
  'title',
  'style',
  'body',
  'main',
  'p',
  'h1',
  'h2',
  'pre',
  'footer',
]);

const failing = (document: unknown, errorType: string): Promise<InvokeOutcome> =>
  Promise.resolve({ kind: 'error', payload: Buffer.from(JSON.stringify(document)), errorType });

const HANDLERS: Handlers = {
  node: ({ print }) => {
    print('stdout', 'before it failed');
    const trace = ['RangeError: told to', '    at inner (src/index.ts:3:9)', '    at handler (src/index.ts:9:3)'];
    return failing({ errorType: 'RangeError', errorMessage: 'told to', trace }, 'RangeError');
  },
  python: () =>
    failing(
      { errorMessage: 'm', errorType: 'KeyError', stackTrace: ['  File "a.py", line 1, in h\n    f()\n'] },
      'KeyError',
    ),
  attack: ({ print }) => {
    print('stderr', `${ATTACK}\u001b[31mred\u001b[0m\u0007\u202e`);
    return failing({ errorType: ATTACK, errorMessage: ATTACK, trace: [ATTACK, { [ATTACK]: 1 }] }, ATTACK);
  },
  odd: () => Promise.resolve({ kind: 'error', payload: Buffer.from(`no JSON ${ATTACK}`), errorType: 'Odd' }),
  huge: () => failing({ errorMessage: '<'.repeat(2_000_000), trace: ['&'.repeat(2_000_000)] }, 'Huge'),
  malformed: () => Promise.resolve({ kind: 'result', payload: Buffer.from('{"statusCode":"<teapot>"}') }),
  slow: () => new Promise(() => undefined),
  works: () => Promise.resolve({ kind: 'result', payload: Buffer.from('"works"') }),
};

/** What a client that is no browser on this machine gets. */
function isPlain(answer: Answer, who = 'another client'): void {
  assert.equal(answer.status, 502, who);
  assert.equal(answer.text, 'Internal Server Error', who);
  assert.equal(answer.headers['content-type'], 'text/plain');
  assert.equal(answer.headers['content-security-policy'], undefined);
}

/** The text of the page between two marks. */
function between(page: string, start: string, end: string): string {
  const from = page.indexOf(start) + start.length;
  assert.ok(from >= start.length, `${start} in ${page}`);
  return page.slice(from, page.indexOf(end, from));
}

for (const way of WAYS)
  describe(`the page of a failed request, through ${way}`, () => {
    let house: EdgeHouse;
    before(async () => {
      house = await edgeHouse(HANDLERS, { way, allowedHosts: ['shop.example'] });
      for (const name of Object.keys(HANDLERS)) await house.publish(name, name === 'slow' ? { timeoutMs: 20 } : {});
    });
    after(() => house[Symbol.asyncDispose]());

    test('shows a browser on this machine the error, its stack, the log and the command for more', async () => {
      const answer = await house.ask('/node', { headers: BROWSER });
      assert.deepEqual([answer.status, answer.headers['content-type']], [502, 'text/html; charset=utf-8']);
      assert.equal(answer.headers['x-lam-error-type'], 'RangeError');
      assert.equal(answer.headers['cache-control'], 'no-store');
      const { text } = answer;
      const requestId = String(answer.headers['x-amzn-requestid']);
      assert.equal(between(text, '<h1>', '</h1>'), 'RangeError');
      assert.equal(between(text, '<p class="message">', '</p>'), 'told to');
      const stack = 'RangeError: told to\n    at inner (src/index.ts:3:9)\n    at handler (src/index.ts:9:3)';
      assert.equal(between(text, '<h2>Stack</h2>\n<pre>', '</pre>'), stack);
      const log = between(text, '<h2>End of the log of this request</h2>\n<pre>', '</pre>').split('\n');
      assert.match(log[0] ?? '', new RegExp(`^START RequestId: ${requestId}`));
      assert.equal(log[1], 'before it failed');
      assert.match(log.at(-1) ?? '', /^REPORT .*Status: error/);
      assert.ok(text.includes(`<pre>lam logs node --request-id ${requestId}</pre>`));
    });

    test('shows stacks of Python, time-outs and answers that are no HTTP response', async () => {
      const python = (await house.ask('/python', { headers: BROWSER })).text;
      assert.ok(python.includes('<pre>  File &quot;a.py&quot;, line 1, in h\n    f()</pre>'), python);
      const slow = await house.ask('/slow', { headers: BROWSER });
      assert.match(slow.text, /<h1>Sandbox\.Timedout<\/h1>\n<p class="message">.*Task timed out/);
      const malformed = await house.ask('/malformed', { headers: BROWSER });
      assert.equal(between(malformed.text, '<h1>', '</h1>'), 'Function.MalformedResponse');
      assert.ok(malformed.text.includes('with the statusCode &quot;&lt;teapot&gt;&quot;'));
      assert.equal((await house.ask('/works', { headers: BROWSER })).text, 'works');
    });

    test('escapes what the function wrote, and allows no script and no other source', async () => {
      for (const name of ['attack', 'odd']) {
        const answer = await house.ask(`/${name}`, { headers: BROWSER });
        const style = between(answer.text, '<style>', '</style>');
        const hash = createHash('sha256').update(style).digest('base64');
        assert.equal(
          answer.headers['content-security-policy'],
          `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        );
        assert.equal(answer.headers['x-content-type-options'], 'nosniff');
        const tags = [...answer.text.matchAll(/<[/!]?(\w+)/g)].map(([, tag]) => tag ?? '');
        for (const tag of tags) assert.ok(TAGS.has(tag), tag);
        // oxlint-disable-next-line no-control-regex -- none of them may reach the page
        assert.doesNotMatch(answer.text, /<(?:script|img|meta http)|[\u0000-\u0008\u000b-\u001f\u007f\u202e]/);
        assert.ok(answer.text.includes('&lt;/pre&gt;&lt;/style&gt;&lt;script&gt;'));
        assert.ok(answer.text.includes('&amp;lt;b&amp;gt;'));
      }
      const { text } = await house.ask('/huge', { headers: BROWSER });
      assert.ok(text.length < 200_000, `${text.length} characters`);
    });

    test('is not for other clients, pages, hosts and proxies', async () => {
      const others: Record<string, Record<string, string>> = {
        'a client without Accept': {},
        curl: { accept: '*/*' },
        'an API client': { accept: 'application/json' },
        'a fetch of a page': { ...BROWSER, 'sec-fetch-dest': 'empty' },
        'a frame': { ...BROWSER, 'sec-fetch-dest': 'iframe' },
        'a public name': { ...BROWSER, host: 'shop.example' },
        'a proxy on this machine': { ...BROWSER, 'x-forwarded-for': '192.0.2.1' },
      };
      for (const [who, headers] of Object.entries(others)) {
        isPlain(await house.ask('/node', { headers }), who);
      }
      isPlain(await house.control('/node', { headers: BROWSER }));
    });

    test('is shown without Sec-Fetch headers, which plain HTTP from older browsers lacks', async () => {
      const { accept } = BROWSER;
      assert.match((await house.ask('/node', { headers: { accept } })).text, /^<!doctype html>/);
    });

    test('is never shown on a port that others reach', async () => {
      await using open = await edgeHouse(HANDLERS, { way, door: { open: true } });
      await open.publish('node');
      isPlain(await open.ask('/node', { headers: BROWSER }));
    });
  });
