import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { IS_BINARY, lamSession, type LamSession } from './session.ts';

const PAGE = readFileSync(new URL('../../docs/composition.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, kind, file, text = '']) => ({
  kind,
  file,
  text,
}));
/** The files of the project on the page. */
const FILES = Object.fromEntries(BLOCKS.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text]])));
/** Its commands after the deploy, each with what it prints. */
const EXAMPLES = BLOCKS.flatMap(({ kind, file, text }, n) => {
  if (kind !== 'sh' || file !== undefined) return [];
  const commands = text.trim().split('\n');
  const printed = BLOCKS[n + 1]?.text.trim().split('\n') ?? [];
  const invokes = commands.filter((command) => command.startsWith('lam invoke '));
  return invokes.map((command, at) => ({ command, printed: printed[at] ?? '' }));
});

/** Says what it finds, and tries what its token must not allow. */
const PROBE = `
export const handler = async ({ old }) => {
  const { LAM_ENDPOINT, LAM_INVOKE_TOKEN: token } = process.env;
  const ask = async (path, authorization) => {
    const answer = await fetch(LAM_ENDPOINT + path, { method: 'POST', headers: { authorization }, body: '{}' });
    return answer.status;
  };
  const invoke = '/2015-03-31/functions/traced/invocations';
  return {
    token,
    left: Object.keys(process.env).filter((name) => name.startsWith('LAM_')).sort(),
    statuses: await Promise.all([
      ask(invoke, 'Bearer ' + token),
      ask(invoke, 'Bearer x'),
      ask('/_lam/v1/functions', 'Bearer ' + token),
      ask('/traced', 'Bearer ' + token),
      ...(old === undefined ? [] : [ask(invoke, 'Bearer ' + old)]),
    ]),
  };
};
`;

/** Calls itself as often as its event says. */
const DEEP = `
import json, os, urllib.request
def handler(event, context):
    if event == 0:
        return os.environ["_X_AMZN_TRACE_ID"]
    url = os.environ["LAM_ENDPOINT"] + "/2015-03-31/functions/deep/invocations"
    headers = {"authorization": "Bearer " + os.environ["LAM_INVOKE_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(event - 1).encode(), headers)) as answer:
        found = json.load(answer)
    own = os.environ["_X_AMZN_TRACE_ID"]
    return found if found.split(";")[0] == own.split(";")[0] else "another trace"
`;

const MORE = {
  'lam.yaml': `defaults: { runtime: nodejs, timeout: 30, network: none }
functions:
  probe: { handler: probe.handler, path: js }
  echo: { handler: echo.handler, path: js }
  traced: { handler: traced.handler, path: js }
  self: { handler: self.handler, path: js, maxConcurrency: 1 }
  deep: { runtime: python3, handler: deep.handler, path: py }
`,
  'js/probe.mjs': PROBE,
  'js/echo.mjs': 'export const handler = async (event) => event;',
  'js/traced.mjs': 'export const handler = async () => process.env._X_AMZN_TRACE_ID;',
  'js/self.mjs': `export const handler = async () => {
  const { LAM_ENDPOINT, LAM_INVOKE_TOKEN } = process.env;
  const headers = { authorization: 'Bearer ' + LAM_INVOKE_TOKEN };
  const answer = await fetch(LAM_ENDPOINT + '/2015-03-31/functions/self/invocations', { method: 'POST', headers });
  return [answer.status, (await answer.json()).message];
};`,
  'py/deep.py': DEEP,
};

/** The same in languages that not every machine has: calls with a body of half a megabyte, and what comes back. */
const LANGUAGES = {
  ruby: {
    'index.rb': `require 'net/http'
require 'json'
def handler(event:, context:)
  uri = URI("#{ENV['LAM_ENDPOINT']}/2015-03-31/functions/echo/invocations")
  headers = { 'Authorization' => "Bearer #{ENV['LAM_INVOKE_TOKEN']}" }
  calls = 3.times.map { |n| Thread.new { Net::HTTP.post(uri, JSON.generate([n, 'x' * 500_000]), headers) } }
  calls.map { |call| JSON.parse(call.value.body).then { |n, text| [n, text.size] } }
end
`,
  },
  php: {
    'index.php': `<?php
function handler($event) {
  $url = getenv('LAM_ENDPOINT') . '/2015-03-31/functions/echo/invocations';
  $headers = "Authorization: Bearer " . getenv('LAM_INVOKE_TOKEN') . "\r\nContent-Type: application/json";
  return array_map(function ($n) use ($url, $headers) {
    $http = ['method' => 'POST', 'header' => $headers, 'content' => json_encode([$n, str_repeat('x', 500000)])];
    [$n, $text] = json_decode(file_get_contents($url, false, stream_context_create(['http' => $http])));
    return [$n, strlen($text)];
  }, [0, 1, 2]);
}
`,
  },
} as const;

/** Whether a program is on PATH. */
function has(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/** Functions that call functions, with one driver. */
export function describeComposition(driver: 'process' | 'docker'): void {
  // Beside the single file there is no npm, which installs the packages of the page.
  const skip = IS_BINARY && 'the built command runs the same';
  describe(`functions that call functions (${driver})`, { skip }, () => {
    let s: LamSession;
    before(async () => {
      s = await lamSession({ driver });
      s.files('page', FILES);
      // Installs the packages: a minute or more on a busy machine.
      await s.ok(['deploy'], { cwd: `${s.cwd}/page`, limitMs: 300_000 });
      s.files('more', MORE);
      await s.ok(['deploy'], { cwd: `${s.cwd}/more` });
    });
    after(() => s[Symbol.asyncDispose]());

    test('the page has examples', () => assert.ok(EXAMPLES.length >= 6));

    for (const { command, printed } of EXAMPLES)
      test(`docs/composition.md: ${command}`, async () => {
        const [, ...args] = command.split(' ').map((word) => word.replaceAll("'", ''));
        assert.equal((await s.ok(args)).stdout.trim(), printed);
      });

    test('have a token that invokes, does nothing else and ends with the sandbox', async () => {
      const first = JSON.parse((await s.ok(['invoke', 'probe'])).stdout) as { token: string; left: string[] };
      assert.deepEqual(first.left, ['LAM_ENDPOINT', 'LAM_INVOKE_TOKEN'], 'and nothing of how lam is reached');
      await s.ok(['config', 'set', 'probe', 'memory=192']);
      await s.ok(['delete', 'probe', '--yes']);
      await s.ok(['deploy', 'probe'], { cwd: `${s.cwd}/more` });
      const event = JSON.stringify({ old: first.token });
      const second = JSON.parse((await s.ok(['invoke', 'probe', '-d', event])).stdout) as {
        token: string;
        statuses: number[];
      };
      assert.notEqual(second.token, first.token);
      assert.deepEqual(second.statuses, [200, 403, 404, 404, 403]);
    });

    test('call one another in a chain, all with one trace', async () => {
      assert.match((await s.ok(['invoke', 'deep', '-d', '3'])).stdout, /^"Root=1-.*:4"$/m);
    });

    for (const [runtime, files] of Object.entries(LANGUAGES))
      test(
        `in ${runtime} call others with large events`,
        { skip: !has(runtime) && `there is no ${runtime}` },
        async () => {
          const settings = 'handler: index.handler\nnetwork: none\ntimeout: 30\nmemory: 256\n';
          const cwd = s.files(runtime, { 'lam.yaml': `name: ${runtime}\nruntime: ${runtime}\n${settings}`, ...files });
          await s.ok(['deploy'], { cwd });
          const { stdout } = await s.ok(['invoke', runtime]);
          assert.deepEqual(
            JSON.parse(stdout),
            [0, 1, 2].map((n) => [n, 500_000]),
          );
        },
      );

    test('at their own limit are refused at once', async () => {
      const [status, message] = JSON.parse((await s.ok(['invoke', 'self'])).stdout) as [number, string];
      assert.deepEqual([status, /cannot begin/.test(message)], [429, true], message);
    });
  });
}
