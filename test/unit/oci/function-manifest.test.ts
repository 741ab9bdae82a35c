import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CONFIG, knownFunctionName, knownVersion } from '../../../src/contract/index.ts';
import {
  makeManifest,
  manifestNotes,
  ociDigest,
  pushedSettings,
  readManifest,
  readPushedVersion,
} from '../../../src/oci/index.ts';
import { digestFor } from '../../support/ids.ts';

const CODE = { digest: `sha256:${'1'.repeat(64)}`, size: 10 };
const LAYERS = { digest: `sha256:${'2'.repeat(64)}`, size: 20 };
const VERSION = {
  name: knownFunctionName('hello'),
  version: knownVersion(2),
  artifact: digestFor('code'),
  settings: { runtime: 'nodejs', description: 'Greets.' },
  environment: ['A', 'B'],
  layers: { sources: ['./x'], artifact: digestFor('layers') },
  platform: 'linux/x64',
  by: '1.2.3',
};
const raw = (value: unknown): { digest: string; bytes: Buffer; mediaType: string } => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { digest: ociDigest(bytes), bytes, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
};

test('a manifest reads as it was made, and the same version makes the same bytes', () => {
  const made = makeManifest(VERSION, { code: CODE, layers: LAYERS });
  assert.deepEqual(makeManifest({ ...VERSION }, { layers: LAYERS, code: CODE }), made);
  const read = readManifest(raw(made.bytes.toString()), 'r/x');
  assert.deepEqual(read, {
    config: { digest: ociDigest(made.config), size: made.config.length },
    parts: { code: CODE, layers: LAYERS },
  });
  assert.deepEqual(readPushedVersion(made.config, 'r/x'), VERSION);
  assert.deepEqual(manifestNotes(raw(made.bytes.toString())), {
    name: 'hello',
    runtime: 'nodejs',
    description: 'Greets.',
    version: '2',
  });
});

test('settings that are pushed have no values of variables, no layers, no limits and no defaults', () => {
  const config = {
    ...DEFAULT_CONFIG,
    memoryMiB: 512,
    environment: { KEY: 'secret' },
    rateLimit: 5,
    layers: { sources: ['./x'], artifact: digestFor('layers') },
  };
  assert.deepEqual(pushedSettings(config), { runtime: 'nodejs', handler: 'index.handler', memoryMiB: 512 });
});

test('manifests of other things, of newer versions and damaged ones are refused', () => {
  const good = JSON.parse(makeManifest(VERSION, { code: CODE }).bytes.toString()) as Record<string, unknown>;
  const refused = (value: unknown, code: string): void =>
    assert.throws(() => readManifest(raw(value), 'r/x'), { code }, JSON.stringify(value));
  refused({ ...good, artifactType: 'application/vnd.lam.function.v2' }, 'LAM_OCI_NEWER');
  refused({ ...good, artifactType: 'application/vnd.example' }, 'LAM_OCI_NOT_A_FUNCTION');
  refused({ schemaVersion: 2, manifests: [] }, 'LAM_OCI_NOT_A_FUNCTION');
  refused('{', 'LAM_OCI_INVALID');
  refused('[]', 'LAM_OCI_INVALID');
  refused({ ...good, layers: [] }, 'LAM_OCI_INVALID');
  refused({ ...good, config: {} }, 'LAM_OCI_INVALID');
  const [layer] = good['layers'] as object[];
  refused({ ...good, layers: [{ ...layer, size: 2 ** 40 }] }, 'LAM_OCI_TOO_LARGE');
  refused({ ...good, layers: [{ ...layer, digest: 'sha256:../../x' }] }, 'LAM_OCI_INVALID');
  refused({ ...good, layers: [{ ...layer, size: -1 }] }, 'LAM_OCI_INVALID');
  assert.equal(manifestNotes(raw('{')), undefined);
});

test('configurations of newer versions and damaged ones are refused; values of variables in one are dropped', () => {
  const good = JSON.parse(makeManifest(VERSION, { code: CODE }).config.toString()) as Record<string, unknown>;
  const read = (value: object): unknown => readPushedVersion(Buffer.from(JSON.stringify(value)), 'r/x');
  assert.throws(() => read({ ...good, schema: 2 }), { code: 'LAM_OCI_NEWER' });
  for (const [member, value] of [
    ['schema', 'x'],
    ['name', '../x'],
    ['version', 0],
    ['artifact', 'x'],
    ['layers', { sources: [1], artifact: digestFor('x') }],
    ['layers', 'x'],
    ['settings', { runtime: {} }],
    ['settings', { handler: [] }],
  ] as const)
    assert.throws(() => read({ ...good, [member]: value }), { code: 'LAM_OCI_INVALID' }, member);
  const smuggled = { ...good, settings: { runtime: 'nodejs', environment: { PATH: '/x' }, layers: {}, unknown: 1 } };
  assert.partialDeepStrictEqual(read(smuggled), { settings: { runtime: 'nodejs' } });
  assert.deepEqual((read(smuggled) as { settings: object }).settings, { runtime: 'nodejs' });
  assert.deepEqual((read({ ...good, environment: ['OK', 'a b', 3] }) as { environment: unknown }).environment, ['OK']);
});
