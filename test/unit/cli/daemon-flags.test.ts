import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withDaemonFlags } from '../../../src/cli/daemon-flags.ts';
import { daemonSettings, type DaemonSettings } from '../../../src/cli/fast/daemon-settings.ts';
import { isLamError } from '../../../src/errors/index.ts';

const from = (env: Readonly<Record<string, string>>): DaemonSettings => daemonSettings('/h', undefined, env);

test("the port of Glambdar's API comes from a flag, or from the environment", () => {
  assert.equal(from({}).glambdar, undefined);
  assert.equal(from({ LAM_GLAMBDAR: ':8001' }).glambdar, 8001);
  for (const [text, wanted] of [
    [':8001', 8001],
    ['8001', 8001],
    [':0', 0],
    ['off', 'off'],
  ] as const)
    assert.equal(withDaemonFlags(from({ LAM_GLAMBDAR: ':9' }), { glambdar: text }).glambdar, wanted);
  for (const text of ['', 'on', ':', ':70000', 'localhost:8001', '-1'])
    assert.throws(
      () => withDaemonFlags(from({}), { glambdar: text }),
      (error) => isLamError(error) && error.code === 'LAM_CLI_BAD_API_PORT',
      text,
    );
});
