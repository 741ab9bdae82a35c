import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TriggerConfig } from '../../../src/contract/index.ts';
import { endpointsOf, TRIGGER_KINDS } from '../../../src/triggers/index.ts';

const OWN = 'http://127.0.0.1:8000/shop';
const of = (...triggers: readonly TriggerConfig[]): readonly string[] => endpointsOf(OWN, triggers, TRIGGER_KINDS);
const http = (route: string, more: object = {}): TriggerConfig => ({ type: 'http', route, ...more });
const closing = http('GET /orders', { auth: 'api-key' });

describe('where a function answers', () => {
  test('is its own URL, whatever its open routes and other triggers are', () => {
    assert.deepEqual(of(), [OWN]);
    assert.deepEqual(of(http('GET /a'), http('GET /b', { auth: 'none' }), { type: 'schedule', every: '1m' }), [OWN]);
  });

  test('are its routes where one of them has auth, with their prefix and host name', () => {
    assert.deepEqual(
      of(closing, http('GET|POST /users/{id}', { prefix: '/myapp' }), http('GET /', { prefix: '/myapp' })),
      [
        'GET http://127.0.0.1:8000/orders',
        'GET|POST http://127.0.0.1:8000/myapp/users/{id}',
        'GET http://127.0.0.1:8000/myapp',
      ],
    );
    assert.deepEqual(of(closing, http('GET /', { host: ['api.example.com', 'b'] }), http('$default')).slice(1), [
      'GET http://api.example.com:8000/',
      'ANY http://127.0.0.1:8000/{path+}',
    ]);
    assert.deepEqual(endpointsOf('http://[::1]:80/shop', [{ ...closing, host: 'b.example' }], TRIGGER_KINDS), [
      'GET http://b.example:80/orders',
    ]);
  });

  test('are its webhooks', () => {
    const webhook = { type: 'webhook', path: '/hooks/github', signature: 'github', secret: '${SECRET}' };
    assert.deepEqual(of(webhook, http('GET /a')), [
      'POST http://127.0.0.1:8000/hooks/github',
      'GET http://127.0.0.1:8000/a',
    ]);
  });
});
