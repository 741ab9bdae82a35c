import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { oneToken } from '../../src/edge/index.ts';
import { edgeHouse } from '../support/edge-house.ts';
import { pythonWith } from '../support/python-tools.ts';
import { zipOf } from '../unit/store/support.ts';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, '../../clients/python');
const python = await pythonWith(['mypy==2.4.1', 'setuptools==84.2.1']);

/** What the example does not show: a URL with a token, conditions, streams and what fails. */
const MORE = `
import sys
from lam_client import LamClient, LamConnectionError, LamError

lam = LamClient(url=sys.argv[1], token="s3cret")
config = lam.config.get("greet")
tag = lam.tag_of(config)
assert tag is not None
first = lam.config.patch("greet", {"set": {"memoryMiB": 256}}, if_match=tag, idempotency_key="one")
again = lam.config.patch("greet", {"set": {"memoryMiB": 256}}, if_match=tag, idempotency_key="one")
assert first == again
try:
    lam.config.patch("greet", {"set": {"memoryMiB": 512}}, if_match=tag)
except LamError as error:
    print(error.code, error.status)
queued = lam.functions.queue("greet", [1, 2])
print(lam.invocations.get(queued["requestId"], wait=10000)["state"])
print(sorted(one["alias"] for one in lam.aliases.list("greet")))
assert b'index.js' in lam.artifacts.files(lam.functions.get("greet")["allVersions"][0]["artifact"])
for record in lam.logs.read("greet", follow=True, timeout=20):
    break
try:
    LamClient(url=sys.argv[1], token="wrong").functions.list()
except LamError as error:
    print(error.code)
try:
    LamClient(home="/nowhere").daemon.status()
except LamConnectionError as error:
    print("nobody" if "no daemon answered at /nowhere/run/lam.sock" in str(error) else error)
`;

test(
  'the Python client is built as a wheel, is typed, and does what its page shows',
  { skip: python === undefined ? 'Python cannot make an environment (Debian: python3-venv)' : false, timeout: 240_000 },
  async () => {
    await using house = await edgeHouse(
      { greet: (call) => (call.print('stdout', 'greeted'), Promise.resolve({ kind: 'result', payload: call.event })) },
      { door: { tokens: oneToken('s3cret') } },
    );
    const folder = await mkdtemp(join(tmpdir(), 'lam-python-'));
    const [wheels, site] = [join(folder, 'wheels'), join(folder, 'site')];
    const py = async (...args: readonly string[]): Promise<string> => {
      const env = {
        ...process.env,
        PYTHONPATH: site,
        MYPYPATH: site,
        LAM_HOME: house.paths.home,
        PYTHONDONTWRITEBYTECODE: '1',
      };
      return (await run(python ?? '', args, { cwd: folder, env })).stdout;
    };
    try {
      // Copied, because a build leaves files beside its source.
      await run('cp', ['-r', SOURCE, join(folder, 'source')]);
      const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps', '--no-index'];
      await py('-m', 'pip', 'wheel', ...quiet, '--no-build-isolation', '-w', wheels, join(folder, 'source'));
      const [wheel = ''] = await readdir(wheels);
      assert.equal(wheel, 'lam_client-0.1.0-py3-none-any.whl');
      await py('-m', 'pip', 'install', ...quiet, '--target', site, join(wheels, wheel));
      const page = await readFile(join(SOURCE, 'README.md'), 'utf8');
      const [, example = ''] = /<!-- example: python -->\n\n```python\n([^]*?)```/.exec(page) ?? [];
      await writeFile(join(folder, 'example.py'), example);
      await writeFile(join(folder, 'more.py'), MORE);
      await writeFile(join(folder, 'greet.zip'), zipOf([{ name: 'index.js', content: '' }]));
      await py('-m', 'mypy', '--strict', '--no-incremental', 'example.py', 'more.py', join(site, 'lam_client')).catch(
        (error: { stdout: string }) => assert.fail(error.stdout),
      );
      const shown = ['greet v1', "success {'name': 'Ada'}", 'LAM_REGISTRY_FUNCTION_NOT_FOUND', 'greeted'];
      assert.deepEqual((await py('example.py')).trimEnd().split('\n'), shown);
      const more = ['LAM_REGISTRY_STALE 412', 'COMPLETED', "['prod']", 'LAM_EDGE_TOKEN_NEEDED', 'nobody'];
      assert.deepEqual((await py('more.py', house.url)).trimEnd().split('\n'), more);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
