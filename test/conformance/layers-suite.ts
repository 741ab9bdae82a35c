import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriverRig } from './driver-rig.ts';
import { bootCode, layCode, StemUnderTest } from './stem-rig.ts';

const LAYER = {
  'nodejs/node_modules/shared/index.js': 'module.exports = "of the layer, in Node";',
  'python/shared.py': 'VALUE = "of the layer, in Python"\n',
  'ruby/lib/shared.rb': 'SHARED = "of the layer, in Ruby"\n',
  'bin/from-layer': '#!/bin/sh\necho of the layer, on PATH\n',
  'data.txt': 'of the layer\n',
} as const;

const FUNCTIONS = {
  nodejs: {
    'index.js': `const { execFileSync } = require('node:child_process'), fs = require('node:fs');
const tried = () => { try { fs.writeFileSync(process.env.OPT + '/new', 'x'); return 'written'; } catch (error) { return 'refused'; } };
exports.handler = async () => [require('shared'), fs.readFileSync(process.env.OPT + '/data.txt', 'utf8').trim(),
  execFileSync('sh', ['-c', 'command -v from-layer'], { encoding: 'utf8' }).trim(), tried()];`,
  },
  python3: {
    'lambda_function.py': `import os, subprocess
from shared import VALUE
def lambda_handler(event, context):
    opt = os.environ["OPT"]
    found = subprocess.check_output(["sh", "-c", "command -v from-layer"], text=True).strip()
    try:
        open(opt + "/new", "w")
        wrote = "written"
    except OSError:
        wrote = "refused"
    return [VALUE, open(opt + "/data.txt").read().strip(), found, wrote]
`,
  },
} as const;

/** Functions find their layers, in both ways to start a sandbox, and cannot change them. */
export function layers(rig: () => DriverRig): void {
  const language = { nodejs: 'Node', python3: 'Python' } as const;
  for (const runtime of ['nodejs', 'python3'] as const) {
    const wanted = (opt: string): readonly string[] => [
      `of the layer, in ${language[runtime]}`,
      'of the layer',
      `${opt}/bin/from-layer`,
      rig().hasOwnUsers ? 'refused' : 'written',
    ];

    test(`the layers of a ${runtime} function are below /opt, and on its search paths`, async () => {
      const code = await layCode(rig().home, FUNCTIONS[runtime]);
      const folder = await layCode(rig().home, LAYER, ['bin/from-layer']);
      const opt = rig().hasOwnUsers ? '/opt' : folder;
      const options = { layers: folder, environment: { OPT: opt } };
      await using booted = await bootCode(rig().driver, runtime, code, options);
      assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
      assert.deepEqual(await booted.json({}), wanted(opt));
      await using stem = await StemUnderTest.boot(rig().driver, runtime, options);
      const bound = await stem.become(code, options);
      assert.equal(bound.init.kind, 'ready', JSON.stringify(bound.logs));
      assert.deepEqual(await bound.json({}), wanted(opt));
    });
  }

  test('an executable that the code lacks is taken from the layers', async () => {
    const code = await layCode(rig().home, { 'greeting.txt': 'hello' });
    const folder = await layCode(rig().home, { bootstrap: BOOTSTRAP }, ['bootstrap']);
    await using booted = await bootCode(rig().driver, 'provided', code, { layers: folder });
    assert.equal(booted.init.kind, 'ready', JSON.stringify(booted.logs));
    assert.equal(await booted.text({}), 'hello');
  });
}

const BOOTSTRAP = `#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  headers=$(mktemp)
  curl -sS -o /dev/null -D "$headers" "$api/next" || exit 1
  id=$(tr -d '\\r' <"$headers" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //Ip')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "$(cat "$LAMBDA_TASK_ROOT/greeting.txt")"
done
`;
