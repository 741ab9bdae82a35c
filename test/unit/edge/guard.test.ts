import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLoopbackHost, oneToken, refusal, strangerRefusal, type Door } from '../../../src/edge/guard.ts';

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

const SOCKET: Door = { kind: 'socket', tokens: oneToken(undefined), open: false };
const PORT: Door = { kind: 'port', tokens: oneToken(undefined), open: false };
const SECRET: Door = { kind: 'port', tokens: oneToken('s3cret'), open: false };
const WORLD: Door = { kind: 'port', tokens: oneToken('s3cret'), open: true };

const LOOPBACK = { localAddress: '127.0.0.1' };

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
    test(title, () => assert.equal(refusal(door, { headers, socket: LOOPBACK }, area)?.code, code));
});

describe('a stranger', () => {
  const HOST = 'LAM_EDGE_HOST_REFUSED';
  const ORIGIN = 'LAM_EDGE_ORIGIN_REFUSED';
  const NAMED: Door = { ...PORT, hosts: new Set(['shop.example', 'localhost']) };
  const ALL: Door = { ...PORT, hosts: new Set(['*']) };
  const LAN: Door = { ...WORLD, address: '0.0.0.0' };
  const OWN = { host: 'localhost:8000' };
  const cases: [string, Door, Record<string, string>, string | undefined][] = [
    ['a program of this machine is none', PORT, OWN, undefined],
    ['the page of the same origin is none', PORT, { ...OWN, origin: 'http://localhost:8000' }, undefined],
    ['a page of the same origin asks so', PORT, { ...OWN, 'sec-fetch-site': 'same-origin' }, undefined],
    ['a typed address asks so', PORT, { ...OWN, 'sec-fetch-site': 'none' }, undefined],
    ['a loopback page without Sec-Fetch-Site is none', PORT, { ...OWN, origin: 'https://127.0.0.1' }, undefined],
    ['a rebound name is one', PORT, { host: 'evil.example' }, HOST],
    ['no Host is one', PORT, {}, HOST],
    ['a broken Host is one', NAMED, { host: 'shop.example@evil' }, HOST],
    ['a foreign page is one', PORT, { ...OWN, origin: 'http://evil.example' }, ORIGIN],
    ['a sandboxed page is one', PORT, { ...OWN, origin: 'null' }, ORIGIN],
    ['an empty origin is one', PORT, { ...OWN, origin: '' }, ORIGIN],
    ['a file is one', PORT, { ...OWN, origin: 'file://localhost' }, ORIGIN],
    ['a look-alike is one', PORT, { ...OWN, origin: 'http://localhost.evil.example' }, ORIGIN],
    ['an extension is one', PORT, { ...OWN, origin: 'chrome-extension://localhost' }, ORIGIN],
    ['an image in a foreign page is one', PORT, { ...OWN, 'sec-fetch-site': 'cross-site' }, ORIGIN],
    ['an image in a page of another port is one', PORT, { ...OWN, 'sec-fetch-site': 'same-site' }, ORIGIN],
    [
      'a page of another port is one',
      PORT,
      { ...OWN, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
      ORIGIN,
    ],
    [
      'a page of another port is none once its name is allowed',
      NAMED,
      { ...OWN, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
      undefined,
    ],
    ['an allowed name is none', NAMED, { host: 'Shop.Example:8000' }, undefined],
    [
      'an allowed page is none',
      NAMED,
      { ...OWN, origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' },
      undefined,
    ],
    ['a subdomain of an allowed name is one', NAMED, { host: 'x.shop.example' }, HOST],
    [
      'where all are allowed nothing is one',
      ALL,
      { host: 'x', origin: 'null', 'sec-fetch-site': 'cross-site' },
      undefined,
    ],
    ['the address that was dialled is none', LAN, { host: '192.168.1.5:8000' }, undefined],
    ['the listening address is none', LAN, { host: '0.0.0.0:8000' }, undefined],
    ['another address is one', LAN, { host: '192.168.1.6:8000' }, HOST],
    ['a name is one beyond loopback, too', LAN, { host: 'lam.example' }, HOST],
    ['on the owner\u2019s socket nothing is one', SOCKET, { host: 'x', origin: 'http://evil.example' }, undefined],
  ];
  for (const [title, door, headers, code] of cases)
    test(title, () => assert.equal(strangerRefusal(door, headers, { localAddress: '::ffff:192.168.1.5' })?.code, code));

  test('gets a command that allows it, if its name needs no quotes', () => {
    const hint = (headers: Record<string, string>) => strangerRefusal(PORT, headers, LOOPBACK)?.hint;
    assert.match(hint({ host: 'Shop.example:80' }) ?? '', /lam restart --allow-host shop\.example$/);
    assert.doesNotMatch(hint({ host: '$(reboot)' }) ?? '', /reboot/);
    assert.match(hint({ ...OWN, origin: 'https://shop.example' }) ?? '', /--allow-host shop\.example$/);
    assert.match(hint({ ...OWN, origin: 'null' }) ?? '', /--allow-host '\*'$/);
  });
});
