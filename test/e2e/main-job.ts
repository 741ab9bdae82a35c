import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, PublishAnswer } from '../../src/contract/index.ts';
import { http, IS_BINARY, lamSession, NO_DOCKER, type LamSession } from './session.ts';

/** A template, and how its greeting is changed and requested. */
interface Job {
  readonly runtime: string;
  readonly template: string;
  /** The file of the project that says Hello. */
  readonly file: string;
  /** It answers at a route with a parameter in the path. */
  readonly routes?: true;
  readonly skip?: string | false;
}

/** Go's caches, which avoid compiling its library; undefined without Go. */
function goCaches(): Record<string, string> | undefined {
  try {
    return JSON.parse(execFileSync('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' })) as Record<
      string,
      string
    >;
  } catch {
    return undefined;
  }
}

const go = goCaches();
const notLinux = process.platform === 'linux' ? false : 'the Runtime API in shell is for Linux';
const noGo =
  go === undefined ? 'no go on PATH' : IS_BINARY ? 'the same Go program ran in the lane of the built command' : false;

const JOBS: readonly Job[] = [
  { runtime: 'nodejs', template: 'hello', file: 'index.mjs' },
  { runtime: 'nodejs', template: 'http-api', file: 'index.mjs', routes: true },
  { runtime: 'nodejs', template: 'typescript', file: 'greeting.ts' },
  { runtime: 'python3', template: 'hello', file: 'lambda_function.py' },
  { runtime: 'python3', template: 'http-api', file: 'lambda_function.py', routes: true },
  { runtime: 'provided', template: 'shell', file: 'handler.sh', skip: notLinux },
  { runtime: 'provided', template: 'go', file: 'main.go', skip: noGo },
];

const event = '{"name":"Ada"}';

/** Invokes over HTTP and by the command; both must return the same greeting. */
async function greetings(s: LamSession, cwd: string, name: string, routes: boolean): Promise<string> {
  if (routes) {
    const got = await http(`${s.url}/greetings/Ada%20L.?x=1`);
    assert.equal(got.status, 200, got.body.toString());
    const posted = await http(`${s.url}/greetings`, { body: event, headers: { 'content-type': 'application/json' } });
    assert.equal(posted.status, 201, posted.body.toString());
    assert.equal(posted.headers['location'], '/greetings/Ada');
    const example = JSON.parse((await s.ok(['invoke', '-e', 'events/example.json'], { cwd })).stdout) as {
      statusCode: number;
    };
    assert.equal(example.statusCode, 200);
    const greeting = (JSON.parse(got.body.toString()) as { message: string }).message;
    assert.match(greeting, / Ada L\.!$/);
    return greeting.replace(' L.', '');
  }
  const printed = await s.ok(['invoke', '-d', event], { cwd });
  const { message } = JSON.parse(printed.stdout) as { message: string };
  const { url } = await s.json<FunctionDetail>(['describe', name]);
  assert.equal(url, `${s.url}/${name}`);
  // These templates read the name from the event itself; over HTTP it is in the body, escaped.
  const answer = await http(url, { body: event, headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 200, answer.body.toString());
  const { message: overHttp } = JSON.parse(answer.body.toString()) as { message: string };
  assert.equal(overHttp, message.replace('Ada', 'world'));
  return message;
}

async function wholeJob(s: LamSession, job: Job): Promise<void> {
  const name = `${job.runtime}-${job.template}`;
  const cwd = join(s.cwd, name);
  const made = await s.ok(['init', name, '--runtime', job.runtime, '--template', job.template]);
  assert.match(made.stdout, new RegExp(`^created ${name} from ${job.runtime}/${job.template} \\(`));
  assert.equal(made.stderr, `next: cd ${name} && lam deploy\n`);

  const first = await s.ok(['deploy', '--message', 'the first'], { cwd });
  assert.match(first.stdout, new RegExp(`^${name} v1 live in [0-9.]+ m?s {2}${s.url}/${name}\n$`));
  const ask = (): Promise<string> => greetings(s, cwd, name, job.routes === true);
  assert.equal(await ask(), 'Hello Ada!');

  const file = join(cwd, job.file);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Hello', 'Good morning'));
  const second = await s.json<{ functions: PublishAnswer[] }>(['deploy', '--message', 'a warmer greeting'], { cwd });
  assert.deepEqual([second.functions[0]?.version, second.functions[0]?.previous], [2, 1]);
  assert.equal(await ask(), 'Good morning Ada!');
  const again = await s.ok(['deploy'], { cwd });
  assert.equal(again.stdout, `${name}: no change (v2)\n`);

  const back = await s.ok(['rollback', '--message', 'too warm'], { cwd });
  assert.equal(back.stdout, `${name}: v2 -> v1\n`);
  assert.equal(await ask(), 'Hello Ada!');
  assert.equal(
    (await s.ok(['invoke', `${name}@2`, '-e', 'events/example.json'], { cwd })).stdout.includes('Good morning'),
    true,
  );

  await showsHistory(s, cwd, name);
  await showsLogs(s, cwd, job);
}

async function showsHistory(s: LamSession, cwd: string, name: string): Promise<void> {
  const detail = await s.json<FunctionDetail>(['describe', name]);
  assert.deepEqual([detail.live, detail.versions], [1, 2]);
  const moves = detail.history.map((m) => [m.action, m.from, m.to, m.message]);
  assert.deepEqual(moves, [
    ['rollback', 2, 1, 'too warm'],
    ['deploy', 1, 2, 'a warmer greeting'],
    ['deploy', null, 1, 'the first'],
  ]);
  for (const move of detail.history) {
    assert.match(move.by, /^[^@\s]+@\S+$/);
    assert.ok(Math.abs(Date.now() - move.at) < 120_000);
  }
  const shown = (await s.ok(['versions', '--history'], { cwd })).stdout;
  assert.match(
    shown,
    /^VERSION +LIVE +ALIASES +SIZE +WHEN +BY +MESSAGE\nv2 {2}.+ a warmer greeting\nv1 +\* .+@.+ the first\n\nWHEN /,
  );
  assert.match(shown, /rollback +live +v2 -> v1 +\S+@\S+ +too warm\n/);
}

/** Lines of both versions are in one stream: what the functions print, and lam's own REPORT. */
async function showsLogs(s: LamSession, cwd: string, job: Job): Promise<void> {
  const printed = job.routes === true ? /(?:GET|POST) \/greetings/ : /greeting Ada/;
  for (const version of ['1', '2']) {
    const { stdout } = await s.ok(['logs', '--version', version, '--output', 'raw'], { cwd });
    assert.match(stdout, printed);
    assert.match(stdout, new RegExp(`START RequestId: \\S+ Version: ${version}\n`));
    assert.match(stdout, /REPORT RequestId: /);
  }
  const both = (await s.ok(['logs', '--search', 'START'], { cwd })).stdout;
  assert.match(both, /Version: 1\n[^]*Version: 2\n[^]*Version: 1\n/);
}

/** The main job with every template, on one driver. */
export function describeMainJob(driver: 'process' | 'docker'): void {
  describe(`the main job with the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER }, () => {
    let session: LamSession;
    before(async () => {
      session = await lamSession({ driver, env: { ...go } });
    });
    after(() => session.dispose());

    for (const job of JOBS) {
      test(
        `takes ${job.runtime}/${job.template} from template to v2 and back to v1`,
        { skip: job.skip ?? false },
        async () => {
          await wholeJob(session, job);
          await session.ok(['delete', `${job.runtime}-${job.template}`, '-y']);
        },
      );
    }

    test('prints which driver is used', async () => {
      assert.equal((await session.status()).driver, driver);
    });
  });
}
