import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declarationFaults, shapeFaults, TRIGGER_KINDS } from '../../../src/triggers/index.ts';
import { http, type HttpTrigger } from '../../../src/triggers/http/http.ts';
import { asFunctionName } from '../../support/ids.ts';

const trigger = (route: string, options: object = {}): HttpTrigger => ({ type: 'http', route, ...options });

describe('triggers of type http', () => {
  for (const [config, name] of [
    [trigger('GET /users/{id}'), 'GET /users/{id}'],
    [trigger('GET /users', { prefix: '/' }), 'GET /users'],
    [trigger('GET /users', { prefix: '/myapp' }), 'GET /myapp/users'],
    [trigger('GET /', { prefix: '/myapp' }), 'GET /myapp'],
    [trigger('GET|PUT /', { host: 'a.example' }), 'GET|PUT a.example/'],
    [trigger('GET /x', { host: ['a.example', '*.b.example'], prefix: '/v1' }), 'GET a.example,*.b.example/v1/x'],
    [trigger('$default'), '$default'],
    [trigger('$default', { host: 'a.example' }), 'a.example/$default'],
    [trigger('$default', { prefix: '/app' }), '/app/$default'],
    [trigger('nonsense', { host: 'a.example' }), 'a.example/nonsense'],
  ] as const)
    test(`are called '${name}'`, () => assert.equal(http.nameOf(config), name));

  for (const [options, key, fault] of [
    [{ route: 'FETCH /a' }, 'route', /unknown method 'FETCH'/],
    [{ route: 'GET /a', prefix: 'a' }, 'prefix', /has the prefix 'a', which must begin with '\/'/],
    [{ route: 'GET /a', prefix: '/a/' }, 'prefix', /has an empty segment/],
    [{ route: 'GET /a', prefix: '/{a}' }, 'prefix', /must not contain parameters/],
    [{ route: 'GET /_lam/x' }, 'route', /lies under \/_lam/],
    [{ route: 'GET /x', prefix: '/_lam' }, 'prefix', /lies under \/_lam/],
    [{ route: 'GET /_lam/x', prefix: '/a' }, undefined, /^$/],
    [{ route: 'GET /a', host: 'UPPER.example' }, 'host', /must be in lower case/],
    [{ route: 'GET /a', host: '127.0.0.1' }, 'host', /is an address/],
    [{ route: 'GET /a', host: ['ok.example', 'http://a.example'] }, 'host', /without scheme, port or path/],
    [{ route: 'GET /a', host: 'a.example:80' }, 'host', /without scheme, port or path/],
    [{ route: 'GET /a', host: 'a.*.example' }, 'host', /is not a host name/],
    [{ route: 'GET /a', host: '*' }, 'host', /is not a host name/],
    [{ route: 'GET /a', host: '' }, 'host', /is not a host name/],
    [{ route: 'GET /a', host: `${'a'.repeat(64)}.example` }, 'host', /is not a host name/],
    [{ route: 'GET /a', host: 'localhost' }, undefined, /^$/],
    [{ route: 'GET /a', cors: { origins: ['app.example'] } }, 'cors', /has the origin 'app.example' in cors/],
    [{ route: 'GET /a', cors: { origins: ['https://app.example/'] } }, 'cors', /without a path/],
    [{ route: 'GET /a', cors: { origins: ['https://APP.example'] } }, 'cors', /in lower case/],
    [{ route: 'GET /a', cors: { credentials: true } }, 'cors', /credentials in cors for all origins/],
    [{ route: 'GET /a', cors: { headers: ['x y'] } }, 'cors', /has 'x y' in cors/],
    [{ route: 'GET /a/{p+}', static: '../a' }, 'static', /has '..\/a' in static, which is no path inside/],
    [{ route: 'GET /a/{p+}', static: '/etc' }, 'static', /no path inside/],
    [{ route: 'GET /a/{p+}', static: 'a//b' }, 'static', /no path inside/],
    [{ route: 'GET /a/{p+}', static: 'a\\b' }, 'static', /no path inside/],
    [{ route: 'GET /a/{p+}', static: 'a/./b' }, 'static', /no path inside/],
    [{ route: 'POST /a/{p+}', static: 'a' }, 'static', /served for GET and HEAD alone/],
    [{ route: 'ANY /a/{p+}', static: 'a' }, 'static', /served for GET and HEAD alone/],
    [{ route: 'GET /{id}/{p+}', static: 'a' }, 'static', /has static and a parameter/],
    [{ route: 'GET /a/{p+}', static: '.' }, undefined, /^$/],
    [{ route: 'GET|HEAD /a/{p+}', static: './a/b/' }, undefined, /^$/],
    [{ route: '$default', static: 'a/index.html' }, undefined, /^$/],
    [{ route: 'GET /a', cors: { origins: ['http://[::1]:80', 'https://*.b.example', '*'] } }, undefined, /^$/],
  ] as const)
    test(`with ${JSON.stringify(options)} have ${key === undefined ? 'no fault' : `a fault of '${key}'`}`, () => {
      const found = http.fault({ type: 'http', ...options });
      assert.equal(found?.key, key);
      assert.match(found?.fault ?? '', fault);
    });

  for (const [a, b, conflicts] of [
    [trigger('GET /a/{x}'), trigger('GET /a/{y}'), true],
    [trigger('GET|POST /a'), trigger('PUT|POST /a'), true],
    [trigger('GET /a'), trigger('ANY /a'), false],
    [trigger('GET /b', { prefix: '/a' }), trigger('GET /a/b'), true],
    [trigger('GET /b', { host: 'a.example' }), trigger('GET /b'), false],
    [trigger('GET /b', { host: ['a.example', 'b.example'] }), trigger('GET /b', { host: 'b.example' }), true],
    [trigger('$default'), trigger('ANY /{all+}'), false],
    [trigger('$default'), trigger('$default'), true],
    [trigger('$default', { host: 'a.example' }), trigger('$default'), false],
  ] as const)
    test(`${http.nameOf(a)} and ${http.nameOf(b)} ${conflicts ? 'conflict' : 'are both possible'}`, () => {
      const declared = [a, b].map((config, n) => ({ functionName: asFunctionName(`f${n}`), config }));
      const faults = declarationFaults(declared, TRIGGER_KINDS).map(({ message }) => message);
      const message = `the route '${http.nameOf(b)}' of 'f1' matches the same requests as '${http.nameOf(a)}' of 'f0'`;
      assert.deepEqual(faults, conflicts ? [message] : []);
    });

  test('are a text in the short form if they have no options, else a map', () => {
    const form = http.shortForm;
    assert.ok(form);
    for (const item of ['GET /a', { route: 'GET /a', host: 'a.example' }])
      assert.deepEqual(form.itemOf(form.expand(item)), item);
  });

  test('are checked in depth by the schema, with the path of each fault', () => {
    const faults = (entry: object): readonly string[] =>
      shapeFaults({ type: 'http', ...entry }, TRIGGER_KINDS).map(({ message }) => message);
    assert.deepEqual(faults({ route: 'GET /', host: 7 }), ['host must be text, or a list']);
    assert.deepEqual(faults({ route: 'GET /', host: ['a', 7, {}] }), ['host.1 must be text', 'host.2 must be text']);
    assert.deepEqual(faults({ route: 'GET /', host: [] }), ['host must not be empty']);
    assert.deepEqual(faults({ prefix: 1 }), ['route is missing', 'prefix must be text']);
  });
});

describe('settings of triggers that are maps', () => {
  const kind = {
    ...http,
    type: 'deep',
    schema: {
      description: 'd',
      required: [],
      properties: {
        map: {
          description: 'm',
          type: ['boolean', 'object'],
          properties: {
            n: { description: 'n', type: 'integer', minimum: 1 },
            list: { description: 'l', type: 'array' },
          },
          required: ['n'],
          additionalProperties: false,
        },
        names: { description: 'n', type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      },
    },
  } as const;
  const faults = (entry: object): readonly string[] =>
    shapeFaults({ type: 'deep', ...entry }, [kind]).map(({ message }) => message);

  test('are checked member by member', () => {
    assert.deepEqual(faults({ map: true, names: { a: 'b' } }), []);
    assert.deepEqual(faults({ map: { n: 1, list: [{}, 7] } }), []);
    assert.deepEqual(faults({ map: 'no' }), ['map must be true or false, or a map']);
    assert.deepEqual(faults({ map: { list: 1, odd: 2 } }), [
      'map.n is missing',
      'map.list must be a list',
      'map.odd does not exist',
    ]);
    assert.deepEqual(faults({ map: { n: 0 } }), ['map.n must be at least 1']);
    assert.deepEqual(faults({ names: { a: '', b: 7 } }), ['names.a must not be empty', 'names.b must be text']);
    assert.deepEqual(faults({ names: [] }), ['names must be a map']);
  });

  test('reject names that every object has', () => {
    assert.deepEqual(faults(JSON.parse('{"map":{"n":1,"__proto__":1,"constructor":1}}') as object), [
      'map.__proto__ does not exist',
      'map.constructor does not exist',
    ]);
  });
});
