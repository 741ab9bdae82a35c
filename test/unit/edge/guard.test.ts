import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isForeignOrigin, isLoopbackHost, oneToken, refusal, type Door } from '../../../src/edge/guard.ts';

describe('a Host', () => {
  for (const host of [
    'localhost',
    'localhost:8000',
    'LocalHost:1',
    'fn.localhost:8000',
    '127.0.0.1',
    '127.1.2.3:80',
    '[::1]',
    '[::1]:8000',
  ]) {
    test(`'${host}' is this machine`, () => assert.equal(isLoopbackHost(host), true));
  }
  const foreign = [
    undefined,
    '',
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:8000',
    'localhost:',
    'localhost:123456',
    '128.0.0.1',
    '0.0.0.0:8000',
    '192.168.1.5',
    '[::2]',
    'a b',
    'localhost@evil',
    'x.localhost.evil',
  ];
  for (const host of foreign) test(`'${host}' may be a rebound name`, () => assert.equal(isLoopbackHost(host), false));
});

describe('an Origin', () => {
  const own = [
    {},
    { origin: 'http://localhost:3000' },
    { origin: 'https://127.0.0.1' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ];
  for (const headers of own)
    test(`${JSON.stringify(headers)} is absent or our own`, () => assert.equal(isForeignOrigin(headers), false));
  const foreign = [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'file://localhost' },
    { origin: 'http://localhost.evil.example' },
    { origin: 'chrome-extension://localhost' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign)
    test(`${JSON.stringify(headers)} is foreign`, () => assert.equal(isForeignOrigin(headers), true));
});

const SOCKET: Door = { kind: 'socket', tokens: oneToken(undefined), open: false };
const PORT: Door = { kind: 'port', tokens: oneToken(undefined), open: false };
const SECRET: Door = { kind: 'port', tokens: oneToken('s3cret'), open: false };
const WORLD: Door = { kind: 'port', tokens: oneToken('s3cret'), open: true };

describe('a door', () => {
  const cases: [string, Door, Record<string, string>, 'invoke' | 'control', string | undefined][] = [
    [
      'the socket lets its owner do anything',
      SOCKET,
      { host: 'whatever', origin: 'http://evil.example' },
      'control',
      undefined,
    ],
    ['the port lets a local program invoke', PORT, { host: 'localhost:8000' }, 'invoke', undefined],
    ['the port has no control API', PORT, { host: 'localhost:8000' }, 'control', 'LAM_EDGE_SOCKET_ONLY'],
    ['a rebound name is refused', PORT, { host: 'evil.example' }, 'invoke', 'LAM_EDGE_HOST_REFUSED'],
    ['a request without a Host is refused', PORT, {}, 'invoke', 'LAM_EDGE_HOST_REFUSED'],
    [
      'a foreign page is refused',
      PORT,
      { host: 'localhost', origin: 'http://evil.example' },
      'invoke',
      'LAM_EDGE_ORIGIN_REFUSED',
    ],
    ['with a token set, it is needed', SECRET, { host: 'localhost' }, 'invoke', 'LAM_EDGE_TOKEN_NEEDED'],
    [
      'the token opens the control API',
      SECRET,
      { host: 'localhost', authorization: 'Bearer s3cret' },
      'control',
      undefined,
    ],
    ['the name of the scheme is not case-sensitive', SECRET, { authorization: 'bearer s3cret' }, 'control', undefined],
    [
      'the token opens it from anywhere',
      WORLD,
      { host: 'lam.example', origin: 'http://other.example', authorization: 'Bearer s3cret' },
      'control',
      undefined,
    ],
    [
      'a wrong token does not',
      WORLD,
      { host: 'localhost', authorization: 'Bearer s3cres' },
      'invoke',
      'LAM_EDGE_TOKEN_NEEDED',
    ],
    ['half a token does not', WORLD, { authorization: 'Bearer s3c' }, 'invoke', 'LAM_EDGE_TOKEN_NEEDED'],
    ['another scheme does not', WORLD, { authorization: 'Basic s3cret' }, 'invoke', 'LAM_EDGE_TOKEN_NEEDED'],
    [
      'an open door without a token lets nobody in',
      { ...WORLD, tokens: oneToken(undefined) },
      { authorization: 'Bearer undefined' },
      'invoke',
      'LAM_EDGE_TOKEN_NEEDED',
    ],
  ];
  for (const [title, door, headers, area, code] of cases)
    test(title, () => assert.equal(refusal(door, headers, area)?.code, code));
});
