import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { http, lamSession, type LamSession } from './session.ts';
import { untouched } from './untouched.ts';

let s: LamSession;
const LONG = 'x'.repeat(200);
const BAD_NAMES = ['../x', LONG, 'naïve', 'a b', '', '日本'];

before(async () => {
  s = await lamSession();
  await s.deployNode('hello', 'export const handler = async () => "hi";');
});
after(() => s.dispose());

describe('missing functions, versions and aliases', () => {
  const missing: readonly (readonly [string, readonly string[], string, string])[] = [
    ['invoke', ['invoke', 'nope'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['describe', ['describe', 'nope'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['versions', ['versions', 'nope'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['logs', ['logs', 'nope', '-o', 'raw'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['rollback', ['rollback', 'nope'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['delete', ['delete', 'nope', '--yes'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['config get', ['config', 'get', 'nope'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['config set', ['config', 'set', 'nope', 'memory=256'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['env set', ['env', 'set', 'nope', 'A=b'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['alias set', ['alias', 'set', 'nope', 'prod', '1'], 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'nope'],
    ['invoke of a version', ['invoke', 'hello@99'], 'LAM_REGISTRY_VERSION_NOT_FOUND', '99'],
    ['rollback to a version', ['rollback', 'hello', '99'], 'LAM_REGISTRY_VERSION_NOT_FOUND', '99'],
    ['an alias for a version', ['alias', 'set', 'hello', 'prod', '99'], 'LAM_REGISTRY_VERSION_NOT_FOUND', '99'],
    ['invoke of an alias', ['invoke', 'hello:prod'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 'prod'],
    ['removal of an alias', ['alias', 'delete', 'hello', 'prod'], 'LAM_REGISTRY_ALIAS_NOT_FOUND', 'prod'],
  ];
  for (const [what, args, code, value] of missing) {
    test(`${what} names what does not exist and exits 4`, async () => {
      const { message } = await untouched(s, () => s.refused(args, code, 4));
      assert.ok(message.includes(`'${value}'`), message);
    });
  }

  test('the fast path of invoke prints the same error on stderr and nothing on stdout', async () => {
    const { code, stdout, stderr } = await s.run(['invoke', 'helo']);
    assert.deepEqual(
      { code, stdout, stderr },
      {
        code: 4,
        stdout: '',
        stderr:
          "Error: function 'helo' does not exist\n  hint: did you mean 'hello'? see what is deployed: lam list\n  code: LAM_REGISTRY_FUNCTION_NOT_FOUND\n",
      },
    );
  });

  test('rollback of a first version is refused', async () => {
    const { message } = await untouched(s, () =>
      s.refused(['rollback', 'hello'], 'LAM_REGISTRY_NO_PREVIOUS_VERSION', 1),
    );
    assert.match(message, /'hello'.*v1/);
  });

  test('an unknown function over HTTP is a 404 that names it', async () => {
    const { status, body } = await http(`${s.url}/nope`);
    assert.equal(status, 404);
    assert.match(body.toString(), /GET \/nope.*LAM_EDGE_NOT_FOUND/);
  });

  test('an unknown command suggests the nearest one', async () => {
    const { message, hint } = await s.refused(['depoly'], 'LAM_CLI_UNKNOWN_COMMAND', 2);
    assert.match(message, /'depoly'/);
    assert.match(hint ?? '', /deploy/);
  });
});

describe('unknown runtimes and templates', () => {
  test('lam init lists the known runtimes', async () => {
    const error = await untouched(s, () =>
      s.refused(['init', 'x', '--runtime', 'cobol'], 'LAM_SCAFFOLD_UNKNOWN_RUNTIME', 2),
    );
    assert.match(error.message, /'cobol'/);
    assert.match(error.hint ?? '', /nodejs.*python3/);
  });
  test('lam init lists the templates of the runtime', async () => {
    const error = await untouched(s, () =>
      s.refused(['init', 'x', '--runtime', 'nodejs', '--template', 'helo'], 'LAM_SCAFFOLD_UNKNOWN_TEMPLATE', 2),
    );
    assert.match(error.message, /'helo'/);
    assert.match(error.hint ?? '', /hello/);
  });
  test('lam deploy refuses an unknown runtime in lam.yaml with its line', async () => {
    const cwd = s.files('cobol', { 'lam.yaml': 'name: cobol\nruntime: cobol\n', 'index.mjs': '' });
    const error = await untouched(s, () => s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd }));
    assert.match(error.message, /2:\d+ .*'cobol'/);
  });
  test('lam deploy refuses an unknown runtime on the command line', async () => {
    const error = await untouched(s, () =>
      s.refused(['deploy', 'x', '--inline', 'x', '--runtime', 'cobol'], 'LAM_REGISTRY_UNKNOWN_RUNTIME', 2),
    );
    assert.match(error.message, /'cobol'/);
  });
});

describe('invalid names', () => {
  for (const name of BAD_NAMES) {
    const shown = name.length > 20 ? `of ${name.length} characters` : `'${name}'`;
    test(`${shown} is refused by every command, and no folder is made`, async () => {
      await untouched(s, async () => {
        const quoted = (message: string): void => assert.ok(message.includes(`'${name.slice(0, 77)}`), message);
        quoted((await s.refused(['init', name, '--runtime', 'nodejs'], 'LAM_SCAFFOLD_INVALID_NAME', 2)).message);
        quoted((await s.refused(['invoke', name], 'LAM_CLI_BAD_REFERENCE', 2)).message);
        quoted((await s.refused(['describe', name], 'LAM_CLI_BAD_REFERENCE', 2)).message);
        quoted(
          (await s.refused(['deploy', name, '--inline', 'exports.handler = 1'], 'LAM_REGISTRY_INVALID_NAME', 2))
            .message,
        );
      });
    });
  }
  test('an invalid name in lam.yaml is reported with its line', async () => {
    const cwd = s.files('named', { 'lam.yaml': "runtime: nodejs\nname: '../x'\n", 'index.mjs': '' });
    const { message } = await untouched(s, () => s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd }));
    assert.match(message, /2:\d+ .*'\.\.\/x'/);
  });
  test('an alias in the form of a version is refused', async () => {
    const { message } = await untouched(s, () =>
      s.refused(['alias', 'set', 'hello', '12', '1'], 'LAM_REGISTRY_INVALID_ALIAS', 2),
    );
    assert.match(message, /'12'/);
  });
  test('an invalid version is refused', async () => {
    const { message } = await untouched(s, () => s.refused(['rollback', 'hello', 'latest'], 'LAM_CLI_BAD_VERSION', 2));
    assert.match(message, /'latest'/);
  });
  test('init never overwrites files', async () => {
    s.files('taken', { 'mine.txt': 'mine' });
    const { message } = await untouched(s, () =>
      s.refused(['init', 'taken', '--runtime', 'nodejs'], 'LAM_SCAFFOLD_EXISTS', 1),
    );
    assert.match(message, /taken/);
  });
});

describe('a broken lam.yaml', () => {
  test('is reported with all faults at once, each with its line, and exit 2', async () => {
    const text = 'name: bad\nruntime: nodejs\nmemory: lots\ntimeout: -1\nconcurency: 3\nroutes:\n  - FETCH /x\n';
    const cwd = s.files('faulty', { 'lam.yaml': text, 'index.mjs': '' });
    const { message, details } = await untouched(s, () => s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd }));
    const faults = details?.['faults'] as { line: number }[];
    assert.deepEqual(
      faults.map((fault) => fault.line),
      [3, 4, 5, 7],
    );
    assert.match(message, /3:\d+ .*memory/);
    assert.match(message, /5:\d+ .*concurency.*concurrency/);
    assert.match(message, /7:\d+ .*FETCH/);
    assert.ok(message.includes(`${cwd}/lam.yaml`), message);
  });
  test('that is not YAML is reported with the line', async () => {
    const cwd = s.files('unreadable', { 'lam.yaml': 'name: bad\nruntime: [nodejs\n', 'index.mjs': '' });
    const { message } = await untouched(s, () => s.refused(['deploy'], 'LAM_PROJECT_INVALID', 2, { cwd }));
    assert.match(message, /[23]:\d+ /);
  });
  test('that is missing is reported, with how to create one', async () => {
    const cwd = s.files('bare', { 'index.mjs': '' });
    const { message, hint } = await untouched(s, () => s.refused(['deploy'], 'LAM_PROJECT_NOT_FOUND', 2, { cwd }));
    assert.ok(message.includes(cwd), message);
    assert.match(hint ?? '', /lam init/);
  });
  test('without the function asked for lists those it has', async () => {
    const error = await untouched(s, () =>
      s.refused(['deploy', 'nope'], 'LAM_CLI_NOT_IN_PROJECT', 4, { cwd: `${s.cwd}/hello` }),
    );
    assert.match(error.message, /'nope'/);
    assert.match(error.hint ?? '', /hello/);
  });
});
