import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isLamError, type ErrorCode } from '../../../src/errors/index.ts';
import { loadProject, parseProject, type Project, type ProjectFault } from '../../../src/project/index.ts';

let root = '';

before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'lam-project-')));
  await mkdir(join(root, 'functions/hello'), { recursive: true });
});

after(() => rm(root, { recursive: true }));

function parse(text: string): Promise<Project> {
  return parseProject(text, join(root, 'lam.yaml'));
}

/** The faults of a file, as `line:column message`. */
async function faultsOf(text: string): Promise<readonly string[]> {
  const error: unknown = await parse(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(isLamError(error), `no error for: ${text}`);
  assert.equal(error.code, 'LAM_PROJECT_INVALID' satisfies ErrorCode);
  const faults = error.details['faults'] as readonly ProjectFault[];
  for (const fault of faults) assert.ok(error.message.includes(fault.message), fault.message);
  return faults.map((fault) => `${fault.line}:${fault.column} ${fault.message}`);
}

describe('a valid project', () => {
  test('with one function is converted to the units of the contract', async () => {
    const project = await parse(
      [
        'name: hello',
        'runtime: nodejs22.x',
        'handler: src/index.main',
        'memory: 256',
        'timeout: 0.25',
        'cpus: 0.5',
        'pids: 64',
        'tmp: 32',
        'idle: 1.5',
        'concurrency: 2',
        'maxConcurrency: 3',
        'provisionedConcurrency: 1',
        'queue: 0',
        'network: none',
        'image: node:24-slim',
        'description: says hello',
        'environment: {GREETING: hi, VERSION: 1.10, ON: true}',
        'routes: ["GET /hello/{name}"]',
        'build: {command: make, bundle: false, include: [data/**], dependencies: none}',
      ].join('\n'),
    );
    assert.deepEqual(project, {
      root,
      file: join(root, 'lam.yaml'),
      functions: [
        {
          name: 'hello',
          directory: root,
          ownFolder: join(root, 'src'),
          layers: [],
          verify: true,
          othersFolders: [],
          config: {
            runtime: 'nodejs22.x',
            handler: 'src/index.main',
            memoryMiB: 256,
            timeoutMs: 250,
            cpus: 0.5,
            pids: 64,
            tmpMiB: 32,
            idleTimeoutMs: 1500,
            provisionedConcurrency: 1,
            concurrency: 2,
            maxConcurrency: 3,
            maxQueue: 0,
            network: 'none',
            image: 'node:24-slim',
            description: 'says hello',
            environment: { GREETING: 'hi', VERSION: '1.10', ON: 'true' },
            triggers: [{ type: 'http', route: 'GET /hello/{name}' }],
          },
          build: { command: 'make', bundle: false, include: ['data/**'], dependencies: 'none' },
        },
      ],
    });
  });

  test("contains only the author's settings and the default handler", async () => {
    const project = await parse('name: hello\nruntime: python3\n');
    assert.deepEqual(project.functions[0]?.config, { runtime: 'python3', handler: 'lambda_function.lambda_handler' });
    assert.deepEqual(project.functions[0]?.build, { include: [], dependencies: 'auto' });
  });

  test('with several functions applies the defaults to each and merges maps key by key', async () => {
    const project = await parse(`
defaults:
  runtime: nodejs
  timeout: 10
  environment: {A: a, B: b}
functions:
  hello: {path: functions/hello, environment: {B: own}}
  other: {runtime: python3, timeout: 1}
`);
    const [hello, other] = project.functions;
    assert.equal(hello?.directory, join(root, 'functions/hello'));
    assert.deepEqual(hello.config, {
      runtime: 'nodejs',
      handler: 'index.handler',
      timeoutMs: 10_000,
      environment: { A: 'a', B: 'own' },
    });
    assert.equal(other?.config.timeoutMs, 1000);
    assert.equal(other.config.handler, 'lambda_function.lambda_handler');
  });

  test('with several functions knows the folders that belong to each alone', async () => {
    await Promise.all(['a', 'b', 'lib/c', 'b/inner'].map((each) => mkdir(join(root, each), { recursive: true })));
    const folders = async (functions: string): Promise<Record<string, readonly [string, readonly string[]]>> => {
      const project = await parse(`defaults: {runtime: nodejs}\nfunctions:\n${functions}`);
      const inRoot = (path: string): string => relative(root, path) || '.';
      return Object.fromEntries(
        project.functions.map((fn) => [fn.name, [inRoot(fn.ownFolder), fn.othersFolders.map(inRoot)]]),
      );
    };
    assert.deepEqual(await folders('  a: {path: a}\n  b: {path: b}\n  rest: {}\n'), {
      a: ['a', []],
      b: ['b', []],
      rest: ['.', ['a', 'b']],
    });
    assert.deepEqual(await folders('  a: {handler: a/index.h}\n  b: {handler: b/x.h}\n  c: {handler: b/y.h}\n'), {
      a: ['a', ['b']],
      b: ['b', ['a']],
      c: ['b', ['a']],
    });
    assert.deepEqual(await folders('  b: {path: b}\n  inner: {path: b/inner}\n  within: {handler: b/inner/x.h}\n'), {
      b: ['b', ['b/inner']],
      inner: ['b/inner', []],
      within: ['b/inner', []],
    });
    assert.deepEqual(await folders('  p: {runtime: python3, handler: lib.c.app.handler}\n  q: {path: lib}\n'), {
      p: ['lib/c', []],
      q: ['lib', ['lib/c']],
    });
  });

  test('can use anchors, aliases and merge keys', async () => {
    const project = await parse(
      'functions:\n  a: &a {runtime: nodejs, memory: 256}\n  b: {<<: *a, timeout: 2}\n  c: *a\n',
    );
    assert.deepEqual(
      project.functions.map((each) => each.config.memoryMiB),
      [256, 256, 256],
    );
  });
});

describe('an invalid project', () => {
  test('is reported with all its faults, each with line and column', async () => {
    const faults = await faultsOf(
      [
        'name: hello world',
        'runtime: nodjs',
        'memroy: 128',
        'timeout: 9999',
        'network: maybe',
        'environment:',
        '  AWS_REGION: x',
      ].join('\n'),
    );
    assert.deepEqual(
      faults.map((fault) => fault.split(' ')[0]),
      ['1:7', '2:10', '3:1', '4:10', '5:10', '7:3'],
    );
    assert.match(faults[0] ?? '', /'hello world'/);
    assert.match(faults[1] ?? '', /did you mean 'nodejs'/);
    assert.match(faults[2] ?? '', /unknown key 'memroy'; did you mean 'memory'/);
    assert.match(faults[3] ?? '', /at most 900, but is '9999'/);
    assert.match(faults[4] ?? '', /one of 'on', 'open', 'none', but is 'maybe'/);
    assert.match(faults[5] ?? '', /'AWS_REGION' is set by lam itself/);
  });

  test("names lam's key for AWS's name, and one that belongs into a map", async () => {
    const faults = await faultsOf(
      'name: hello\nruntime: nodejs\nreservedConcurrentExecutions: 4\nMaximumRetryAttempts: 1\nonFailure: file:x\nasync: {MaximumEventAgeInSeconds: 4}\n',
    );
    assert.deepEqual(faults, [
      "3:1 unknown key 'reservedConcurrentExecutions'; did you mean 'reservedConcurrency'?",
      "4:1 unknown key 'MaximumRetryAttempts'; did you mean 'async.maximumRetryAttempts'?",
      "5:1 unknown key 'onFailure'; did you mean 'async.onFailure'?",
      "6:9 unknown key 'MaximumEventAgeInSeconds' in 'async'; did you mean 'maximumEventAgeInSeconds'?",
    ]);
  });

  test('says how to have a time of day in place of an interval in a zone', async () => {
    const faults = await faultsOf("name: hello\nruntime: nodejs\nschedules: ['every 1d Europe/Berlin']\n");
    assert.match(faults.join(), /leave out the zone, or .* for instance '0 3 \* \* \* Europe\/Berlin'$/);
  });

  test('names the key that a short word stands for', async () => {
    const faults = await faultsOf('name: hello\nruntime: nodejs\nenv:\n  A: b\n');
    assert.deepEqual(faults, ["3:1 unknown key 'env'; did you mean 'environment'?"]);
  });

  test('is reported with line and column of each syntax error', async () => {
    const faults = await faultsOf('name: hello\nroutes: [a, b\nruntime: nodejs\n');
    assert.ok(faults.length > 0);
    assert.match(faults[0] ?? '', /^[23]:/);
  });

  test('is refused for a duplicate key', async () => {
    assert.match(
      (await faultsOf('name: a\nname: b\nruntime: nodejs\n')).join('\n'),
      /^2:1 the key 'name' is there twice: remove one of them$/m,
    );
  });

  test('is refused for exponential alias expansion', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i += 1)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    assert.match((await faultsOf(lines.join('\n'))).join('\n'), /alias/i);
  });

  for (const [title, text, expected] of [
    ['an empty file', '', /must be a map, but is empty/],
    ['a list', '- a\n', /must be a map, but is a list/],
    ['no name', 'runtime: nodejs\n', /'name' is missing/],
    ['no runtime', 'name: hello\n', /'runtime' is missing; use one of nodejs/],
    ['no functions', 'functions: {}\n', /'functions' must not be empty/],
    ['a function that is no map', 'functions:\n  hello:\n', /2:9 'functions.hello' must be a map, but is empty/],
    [
      'a name as text that YAML reads as a number',
      'name: 12\nruntime: nodejs\n',
      /1:7 'name' must be a text, but is '12'/,
    ],
    ['a name in another alphabet', 'name: héllo\nruntime: nodejs\n', /'héllo', which is not a function name/],
    ['a name that climbs', 'name: ../x\nruntime: nodejs\n', /'..\/x', which is not a function name/],
    ['a name of 200 characters', `name: ${'x'.repeat(200)}\nruntime: nodejs\n`, /not a function name/],
    ['a handler without export', 'name: a\nruntime: nodejs\nhandler: index\n', /3:10 the handler 'index' must read/],
    [
      'a handler that climbs',
      'name: a\nruntime: nodejs\nhandler: ../index.handler\n',
      /the handler '..\/index.handler' must read/,
    ],
    ['a path that leaves the project', 'functions: {a: {runtime: nodejs, path: ../..}}\n', /must stay inside/],
    ['a path that does not exist', 'functions: {a: {runtime: nodejs, path: nowhere}}\n', /'nowhere' is not a folder/],
    [
      'an environment over the limit',
      `name: a\nruntime: nodejs\nenvironment: {BIG: ${'x'.repeat(4094)}}\n`,
      /takes 4097 bytes.*limit is 4096/,
    ],
    [
      'an environment value that is a list',
      'name: a\nruntime: nodejs\nenvironment: {A: [1]}\n',
      /must be a text, or a number, or true or false/,
    ],
    [
      'a bad route',
      'name: a\nruntime: nodejs\nroutes:\n  - GET /ok\n  - FETCH /x\n',
      /5:5 the route 'FETCH \/x' has an unknown method/,
    ],
    [
      'a trigger of no type there is',
      'name: a\nruntime: nodejs\ntriggers:\n  - type: carrier-pigeon\n',
      /4:11 'triggers.0.type' must be one of 'http', .*, but is 'carrier-pigeon'/,
    ],
    [
      'a trigger that says too little and too much',
      'name: a\nruntime: nodejs\ntriggers:\n  - type: http\n    rout: GET /x\n',
      /4:5 'triggers.0.route' is missing\n5:5 unknown key 'rout' in 'triggers.0'; did you mean 'route'\?/,
    ],
    [
      'a route that stands in both forms',
      'name: a\nruntime: nodejs\nroutes: [GET /x]\ntriggers:\n  - {type: http, route: GET /x}\n',
      /3:10 the route 'GET \/x' of 'a' matches the same requests as 'GET \/x' of 'a'/,
    ],
    [
      'a bad route among the triggers',
      'name: a\nruntime: nodejs\ntriggers:\n  - type: http\n    route: FETCH /x\n',
      /5:12 the route 'FETCH \/x' has an unknown method/,
    ],
    [
      'a route that is neither text nor map',
      'name: a\nruntime: nodejs\nroutes: [7]\n',
      /3:10 'routes.0' must be a text, or a map, but is '7'/,
    ],
    [
      'an unknown option of a route',
      'name: a\nruntime: nodejs\nroutes:\n  - {route: GET /x, hots: a.example}\n',
      /4:21 unknown key 'hots' in 'routes.0'; did you mean 'host'\?/,
    ],
    [
      'options without a route',
      'name: a\nruntime: nodejs\nroutes:\n  - {host: a.example}\n',
      /4:5 'routes.0.route' is missing/,
    ],
    [
      'a bad host of a route',
      'name: a\nruntime: nodejs\ntriggers:\n  - {type: http, route: GET /x, host: A.example}\n',
      /4:39 the route 'GET A.example\/x' has the host 'A.example', which must be in lower case/,
    ],
    [
      'a bad prefix of the project',
      'name: a\nruntime: nodejs\nhttp:\n  prefix: myapp\nroutes: [GET /x]\n',
      /4:11 the route 'GET myapp\/x' has the prefix 'myapp', which must begin with '\/'/,
    ],
    [
      'a setting of all routes that each must have itself',
      'name: a\nruntime: nodejs\nhttp: {route: GET /x}\n',
      /3:8 unknown key 'route' in 'http'/,
    ],
    [
      'static files that are not there',
      'name: a\nruntime: nodejs\nroutes:\n  - {route: "GET /a/{f+}", static: nowhere}\n',
      /4:5 'nowhere' does not exist in the folder of 'a'/,
    ],
    [
      'two functions with one route',
      'functions:\n  a: {runtime: nodejs, routes: ["GET /x/{a}"]}\n  b: {runtime: nodejs, routes: ["GET /x/{b}"]}\n',
      /3:33 .*same requests as 'GET \/x\/{a}' of 'a'/,
    ],
  ] as const) {
    test(`with ${title} is reported`, async () => {
      assert.match((await faultsOf(text)).join('\n'), expected);
    });
  }

  test('is reported once, not once per function, for a fault in the defaults', async () => {
    const faults = await faultsOf('defaults: {runtime: cobol}\nfunctions: {a: {}, b: {}, c: {}}\n');
    assert.equal(faults.length, 1);
  });
});

describe('finding the project', () => {
  test('searches the parent folders and prefers lam.yaml to lam.yml', async () => {
    const folder = join(root, 'found/deep/deeper');
    await mkdir(folder, { recursive: true });
    await writeFile(join(root, 'found/lam.yml'), 'name: second\nruntime: nodejs\n');
    assert.equal((await loadProject(folder)).functions[0]?.name, 'second');
    await writeFile(join(root, 'found/lam.yaml'), 'name: first\nruntime: nodejs\n');
    const project = await loadProject(folder);
    assert.equal(project.functions[0]?.name, 'first');
    assert.equal(project.root, join(root, 'found'));
  });

  test('reports the folder where the search started when there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lam-none-'));
    try {
      await assert.rejects(
        loadProject(folder),
        (error) => isLamError(error) && error.code === 'LAM_PROJECT_NOT_FOUND' && error.message.includes(folder),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
