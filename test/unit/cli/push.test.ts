import assert from 'node:assert/strict';
import { test } from 'node:test';
import { push } from '../../../src/cli/services/push.ts';
import type { LamClient } from '../../../src/client/index.ts';
import {
  DEFAULT_CONFIG,
  knownFunctionName,
  knownVersion,
  type FunctionDetail,
  type VersionInfo,
} from '../../../src/contract/index.ts';

test('a function that is an image is left to docker, before any request', async () => {
  const version = knownVersion(1);
  const info = { version, config: { ...DEFAULT_CONFIG, runtime: 'image', image: 'example/it:1' } } as VersionInfo;
  const detail = { name: knownFunctionName('it'), allVersions: [info] } as unknown as FunctionDetail;
  const reference = { host: '127.0.0.1:1', repository: 'it', tag: '1' };
  const request = { detail, version, reference, template: undefined, key: undefined, by: '1.0.0' };
  const place = { client: {} as LamClient, folder: '/', oci: { plainHttp: false, env: {} } };
  await assert.rejects(
    push(request, place, () => undefined),
    { code: 'LAM_OCI_IMAGE_FUNCTION', hint: 'push the image: docker push example/it:1' },
  );
  await assert.rejects(
    push({ ...request, version: knownVersion(2) }, place, () => undefined),
    { code: 'LAM_REGISTRY_VERSION_NOT_FOUND' },
  );
});
