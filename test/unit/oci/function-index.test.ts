import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFunctionIndex } from '../../../src/oci/index.ts';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../../schema/index.schema.json', import.meta.url), 'utf8'),
) as object;
const ENTRY = { name: 'resize', reference: 'r.example.com/img/resize:1' };
const GOOD = { schema: 1, functions: [ENTRY, { ...ENTRY, description: 'x', runtime: 'go', keywords: ['a'] }] };
const BAD: readonly unknown[] = [
  [],
  { functions: [] },
  { schema: 1 },
  { schema: 2, functions: [] },
  { schema: 1, functions: {} },
  { schema: 1, functions: ['x'] },
  { schema: 1, functions: [{ reference: ENTRY.reference }] },
  { schema: 1, functions: [{ name: 'x' }] },
  { schema: 1, functions: [{ ...ENTRY, reference: 'nowhere' }] },
  { schema: 1, functions: [{ ...ENTRY, keywords: 'x' }] },
  { schema: 1, functions: [{ ...ENTRY, description: 1 }] },
];

describe('an index of functions', () => {
  let folder: string;
  const file = (text: string): string => {
    const path = join(folder, 'index.json');
    writeFileSync(path, text);
    return path;
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lam-index-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('is read from a file and from a URL', async () => {
    const text = JSON.stringify(GOOD);
    const expected = [
      { ...ENTRY, description: '', runtime: '', keywords: [] },
      { ...ENTRY, description: 'x', runtime: 'go', keywords: ['a'] },
    ];
    assert.deepEqual(await readFunctionIndex(file(text), {}), expected);
    const server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/index' }).end();
      else if (request.url === '/index') response.end(text);
      else response.writeHead(404).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.deepEqual(await readFunctionIndex(`${base}/moved`, {}), expected);
      await assert.rejects(readFunctionIndex(`${base}/none`, {}), { code: 'LAM_OCI_INDEX', message: /answered 404/ });
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await assert.rejects(readFunctionIndex('http://127.0.0.1:1/', {}), { code: 'LAM_OCI_INDEX' });
    await assert.rejects(readFunctionIndex(join(folder, 'none'), {}), {
      code: 'LAM_OCI_INDEX',
      message: /none' can't be used: there is no such file$/,
    });
    await assert.rejects(readFunctionIndex(file('{'), {}), { code: 'LAM_OCI_INDEX', message: /not JSON/ });
  });

  test('that breaks its schema is refused, and no other', async () => {
    const validate = new Ajv2020().compile(SCHEMA);
    assert.equal(validate(GOOD), true, JSON.stringify(validate.errors));
    for (const value of BAD) {
      assert.equal(validate(value), false, JSON.stringify(value));
      await assert.rejects(readFunctionIndex(file(JSON.stringify(value)), {}), { code: 'LAM_OCI_INDEX' });
    }
  });
});
