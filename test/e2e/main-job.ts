import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionDetail, PublishAnswer } from '../../src/contract/index.ts';
import { cargoVariables } from '../support/cargo.ts';
import { ifCode } from '../support/if-code.ts';
import { homeWithKeptBuilds, NO_MAVEN } from '../support/maven.ts';
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
  /** The only driver it is taken through, where compiling it takes long or no other runs it. */
  readonly only?: 'process' | 'docker';
  /** Compiling it takes long: the single file, which starts the same compiler, shows only that it has the template. */
  readonly slow?: true;
}

/** Go's caches, which avoid compiling its library; undefined without Go. */
function goCaches(): Record<string, string> | undefined {
  try {
    return JSON.parse(execFileSync('go', ['env', '-json', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' })) as Record<
      string,
      string
    >;
  } catch (error) {
    return ifCode(['ENOENT'], undefined)(error);
  }
}

const go = goCaches();
const notLinux = process.platform === 'linux' ? false : 'the Runtime API in shell is for Linux';
/** Why a template is skipped whose interpreter is not on PATH. */
const without = (program: string): string | false =>
  spawnSync(program, ['--version']).status === 0 ? false : `no ${program} on PATH`;
/** The .NET SDK, else Mono. */
const noDotnet = without('dotnet') && (without('mcs') || without('mono'));
/** Why a program is not compiled here; false if it is. */
function notCompiled(compiler: string): string | false {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, compiler))) ? false : `no ${compiler} on PATH`;
}
const slowAgain = process.getuid?.() === 0 ? false : 'compiling takes long, and it ran as root';

/**
 * The templates in two halves, each in a file of its own, so that they run side by side: those whose code runs as it is,
 * and those that a compiler makes.
 */
const JOBS: Readonly<Record<'scripts' | 'programs', readonly Job[]>> = {
  scripts: [
    { runtime: 'nodejs', template: 'hello', file: 'index.mjs' },
    { runtime: 'nodejs', template: 'http-api', file: 'index.mjs', routes: true },
    { runtime: 'nodejs', template: 'typescript', file: 'greeting.ts' },
    { runtime: 'nodejs', template: 'typescript-http-api', file: 'index.ts', routes: true },
    { runtime: 'python3', template: 'hello', file: 'lambda_function.py' },
    { runtime: 'python3', template: 'http-api', file: 'lambda_function.py', routes: true },
    { runtime: 'ruby', template: 'hello', file: 'lambda_function.rb', skip: without('ruby') },
    { runtime: 'ruby', template: 'http-api', file: 'lambda_function.rb', routes: true, skip: without('ruby') },
    { runtime: 'bun', template: 'hello', file: 'index.ts', skip: without('bun') },
    { runtime: 'deno', template: 'hello', file: 'index.ts', skip: without('deno') },
    { runtime: 'dotnet', template: 'hello', file: 'Function.cs', skip: noDotnet },
    { runtime: 'php', template: 'hello', file: 'index.php', skip: without('php') },
    { runtime: 'provided', template: 'shell', file: 'handler.sh', skip: notLinux },
    { runtime: 'bash', template: 'hello', file: 'handler.sh', skip: notLinux },
    { runtime: 'stdio', template: 'hello', file: 'main', skip: notLinux },
  ],
  programs: [
    { runtime: 'java', template: 'hello', file: 'src/main/java/example/Handler.java', skip: NO_MAVEN, slow: true },
    {
      runtime: 'java',
      template: 'http-api',
      file: 'src/main/java/example/Handler.java',
      routes: true,
      skip: NO_MAVEN,
      slow: true,
    },
    { runtime: 'scala', template: 'hello', file: 'src/main/scala/example/Handler.scala', skip: NO_MAVEN, slow: true },
    { runtime: 'kotlin', template: 'hello', file: 'src/main/kotlin/example/Handler.kt', skip: NO_MAVEN, slow: true },
    { runtime: 'go', template: 'hello', file: 'main.go', skip: notCompiled('go') },
    { runtime: 'go', template: 'http-api', file: 'main.go', routes: true, skip: notCompiled('go') },
    { runtime: 'rust', template: 'hello', file: 'src/main.rs', only: 'docker', skip: notCompiled('cargo'), slow: true },
    {
      runtime: 'rust',
      template: 'http-api',
      file: 'src/main.rs',
      routes: true,
      only: 'process',
      skip: notCompiled('cargo'),
      slow: true,
    },
    {
      runtime: 'crystal',
      template: 'hello',
      file: 'src/handler.cr',
      only: 'docker',
      skip: notCompiled('crystal') || slowAgain,
      slow: true,
    },
    { runtime: 'wasm', template: 'hello', file: 'main.go', skip: notCompiled('go') },
    { runtime: 'image', template: 'hello', file: 'main.go', only: 'docker', skip: notCompiled('go') },
    { runtime: 'stdio-image', template: 'hello', file: 'main.go', only: 'docker', skip: notCompiled('go') },
  ],
};

/** Time for a build that fetches a compiler first (ms). */
const BUILD_MS = 240_000;

const event = '{"name":"Ada"}';

/** Invokes over HTTP and by the command; both must return the same greeting. */
async function greetings(s: LamSession, cwd: string, name: string, routes: boolean): Promise<string> {
  if (routes) {
    const got = await http(`${s.url}/${name}/greetings/Ada%20L.?x=1`);
    assert.equal(got.status, 200, got.body.toString());
    const posted = await http(`${s.url}/${name}/greetings`, {
      body: event,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(posted.status, 201, posted.body.toString());
    assert.equal(posted.headers['location'], `/${name}/greetings/Ada`);
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
  const answer = await http(`${url}?name=Ada`);
  assert.deepEqual([answer.status, answer.body.toString().trimEnd()], [200, printed.stdout.trimEnd()]);
  return message;
}

/** A function that was made from a template. */
interface Made {
  readonly name: string;
  readonly cwd: string;
}

async function makeProject(s: LamSession, job: Job): Promise<Made> {
  const name = `${job.runtime}-${job.template}`;
  const made = await s.ok(['init', name, '--runtime', job.runtime, '--template', job.template]);
  assert.match(made.stdout, new RegExp(`^created ${name} from ${job.runtime}/${job.template} \\(`));
  assert.equal(made.stderr, `next: cd ${name} && lam deploy\n`);
  const cwd = join(s.cwd, name);
  assert.ok(existsSync(join(cwd, job.file)));
  return { name, cwd };
}

async function firstAnswer(s: LamSession, job: Job): Promise<Made> {
  const made = await makeProject(s, job);
  const { name, cwd } = made;
  const first = await s.ok(['deploy', '--message', 'the first'], { cwd, limitMs: BUILD_MS });
  assert.match(first.stdout, new RegExp(`^${name} v1 live in (?:\\d+ min )?[0-9.]+ m?s {2}${s.url}/${name}\n$`));
  assert.equal(await greetings(s, cwd, name, job.routes === true), 'Hello Ada!');
  return made;
}

async function wholeJob(s: LamSession, job: Job): Promise<void> {
  const { name, cwd } = await firstAnswer(s, job);
  const ask = (): Promise<string> => greetings(s, cwd, name, job.routes === true);
  const file = join(cwd, job.file);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Hello', 'Good morning'));
  const second = await s.json<{ functions: PublishAnswer[] }>(['deploy', '--message', 'a warmer greeting'], {
    cwd,
    limitMs: BUILD_MS,
  });
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
  const printed = job.routes === true ? /(?:GET|POST) \/[\w-]+\/greetings/ : /greeting Ada/;
  for (const version of ['1', '2']) {
    const { stdout } = await s.ok(['logs', '--version', version, '--output', 'raw'], { cwd });
    assert.match(stdout, printed);
    assert.match(stdout, new RegExp(`START RequestId: \\S+ Version: ${version}\n`));
    assert.match(stdout, /REPORT RequestId: /);
  }
  const both = (await s.ok(['logs', '--search', 'START'], { cwd })).stdout;
  assert.match(both, /Version: 1\n[^]*Version: 2\n[^]*Version: 1\n/);
}

type Driver = 'process' | 'docker';

/** The main job with every template of a half, on one driver. */
export function describeMainJob(driver: Driver, half: keyof typeof JOBS): void {
  describe(`the main job of ${half} with the ${driver} driver`, { skip: driver === 'docker' && NO_DOCKER }, () => {
    let session: LamSession;
    before(async () => {
      session = await lamSession({ driver, env: { ...go, ...cargoVariables() } });
      homeWithKeptBuilds(session.home);
    });
    after(() => session.dispose());

    const jobs = JOBS[half].filter(({ only = driver }) => only === driver);
    if (IS_BINARY) describeSingleFile(() => session, driver, jobs);
    else
      for (const job of jobs)
        test(
          `takes ${job.runtime}/${job.template} from template to v2 and back to v1`,
          { skip: job.skip ?? false },
          async () => {
            await wholeJob(session, job);
            // Those with routes stay, because they must not claim one another's.
            if (job.routes !== true) await session.ok(['delete', `${job.runtime}-${job.template}`, '-y']);
          },
        );

    test('prints which driver is used', async () => {
      // No template started it where this machine has none of their compilers.
      await session.ok(['start']);
      assert.equal((await session.status()).driver, driver);
    });
  });
}

/**
 * What the single file has of its own: templates and bootstraps, which it unpacks. The built command, which has the same
 * code, shows the rest.
 */
function describeSingleFile(session: () => LamSession, driver: Driver, jobs: readonly Job[]): void {
  const runtimes = new Set<string>();
  for (const job of jobs) {
    const title = `${job.runtime}/${job.template}`;
    if (job.slow === true) {
      if (driver === (job.only ?? 'process'))
        test(`has the template ${title}`, async () => {
          await makeProject(session(), job);
        });
      continue;
    }
    // A runtime has one bootstrap for all its templates.
    if (driver === 'docker' && runtimes.has(job.runtime)) continue;
    runtimes.add(job.runtime);
    test(`takes ${title} from template to its first answer`, { skip: job.skip ?? false }, async () => {
      const { name } = await firstAnswer(session(), job);
      if (job.routes !== true) await session().ok(['delete', name, '-y']);
    });
  }
}
