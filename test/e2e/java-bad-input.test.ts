import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { homeWithKeptBuilds, NO_MAVEN } from '../support/maven.ts';
import { IS_BINARY, lamSession, type LamSession } from './session.ts';

const skip = IS_BINARY ? 'the same jars ran in the lane of the built command' : NO_MAVEN;

describe('bad input for Java', { skip }, () => {
  let s: LamSession;
  let cwd: string;
  before(async () => {
    s = await lamSession();
    homeWithKeptBuilds(s.home);
    await s.ok(['init', 'java-hello', '--runtime', 'java']);
    cwd = join(s.cwd, 'java-hello');
  });
  after(() => s.dispose());

  const withHandler = (handler: string): void => {
    const file = join(cwd, 'lam.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^handler: .*$/m, `handler: ${handler}`));
  };

  for (const [handler, says] of [
    ['example.Handlr', /no jar of the artifact has the class 'example\.Handlr'; did you mean 'example\.Handler'\?/],
    ['example.Handler::missing', /the class 'example\.Handler' has no method 'missing', only handleRequest, nameIn$/],
    ['java.lang.String', /no jar of the artifact has the class 'java\.lang\.String'/],
    ['com.amazonaws.services.lambda.runtime.CognitoIdentity', /is neither a RequestHandler nor a RequestStreamHandler/],
  ] as const) {
    test(`a handler ${handler} is refused at deploy with what is missing`, async () => {
      withHandler(handler);
      const fault = await s.refused(['deploy'], 'LAM_BUILD_HANDLER_INVALID', 8, { cwd, limitMs: 240_000 });
      assert.match(fault.message, says);
      await s.refused(['describe', 'java-hello'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 4);
    });
  }

  test('a handler of another grammar is refused before anything is built', async () => {
    withHandler('index.handler()');
    const fault = await s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd });
    assert.match(fault.message, /must read 'package\.Class' or 'package\.Class::method'/);
  });

  test('a jar without a manifest works, as nothing reads it', async () => {
    withHandler('example.Handler');
    await s.ok(['deploy'], { cwd, limitMs: 240_000 });
    const jars = join(s.cwd, 'jars');
    mkdirSync(jars);
    writeFileSync(join(jars, 'lam.yaml'), 'name: ready\nruntime: java\nhandler: example.Handler\n');
    const built = join(
      s.home,
      'artifacts',
      readdirSync(join(s.home, 'artifacts'))[0] ?? '',
      'tree/lib/java-hello-1.0.jar',
    );
    cpSync(built, join(jars, 'app.jar'));
    execFileSync('zip', ['--quiet', '--delete', join(jars, 'app.jar'), 'META-INF/*']);
    await s.ok(['deploy'], { cwd: jars, limitMs: 60_000 });
    assert.equal((await s.ok(['invoke', 'ready', '-d', '{"name":"Ada"}'])).stdout, '{"message":"Hello Ada!"}');
  });
});
