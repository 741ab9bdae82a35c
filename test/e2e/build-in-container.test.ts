import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { IS_BINARY, lamSession, NO_DOCKER, type LamSession } from './session.ts';

const skip = NO_DOCKER || (IS_BINARY && 'the built command did the same in its lane');
/** Names who runs the command, as a container with an init of its own sees it. */
const COMMAND = 'cat /proc/1/comm > init.txt; echo "export const handler = async () => \\"$WORD\\";" > index.mjs';

/** Makes an image with a shell and cat of this machine; returns its name. */
function imageOfShell(): string {
  const programs = ['/bin/sh', '/bin/cat'];
  const libraries = programs.flatMap((program) =>
    [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? ''),
  );
  const files = [...new Set([...programs, ...libraries])].map((path) => path.slice(1));
  const archive = execFileSync('tar', ['-C', '/', '-chf', '-', ...files], { maxBuffer: 2 ** 28 });
  const tag = `lam-test-shell:${process.pid}`;
  execFileSync('docker', ['import', '-', tag], { input: archive });
  return tag;
}

describe('lam deploy builds in a container', { skip }, () => {
  let s: LamSession;
  let image: string | undefined;
  before(async () => {
    s = await lamSession();
    image = imageOfShell();
  });
  after(async () => {
    if (image !== undefined) execFileSync('docker', ['rmi', image]);
    await s.dispose();
  });

  const project = (name: string, build: string): { readonly cwd: string } => ({
    cwd: s.files(name, { 'lam.yaml': `name: ${name}\nruntime: nodejs\nbuild: ${build}\n` }),
  });

  test("with this machine's own programs, for --in-container", async () => {
    const { cwd } = project('own', JSON.stringify({ command: COMMAND.replace('$WORD', '$(uname)') }));
    const { stderr } = await s.ok(['deploy', '--in-container'], { cwd, limitMs: 120_000 });
    assert.match(stderr, /cat \/proc\/1\/comm/);
    assert.equal((await s.ok(['invoke', 'own'])).stdout.trim(), '"Linux"');
    assert.match(readFileSync(join(cwd, 'init.txt'), 'utf8'), /^sh$/m);
    assert.equal(statSync(join(cwd, 'init.txt')).uid, process.getuid?.());
  });

  test('in the image that lam.yaml names, if it says so', async () => {
    const build = { command: COMMAND.replace('$WORD', 'named'), inContainer: true, image };
    const { cwd } = project('named', JSON.stringify(build));
    await s.ok(['deploy'], { cwd, limitMs: 120_000 });
    assert.match(readFileSync(join(cwd, 'init.txt'), 'utf8'), /^(?:docker-init|tini)$/m);
    assert.equal((await s.ok(['invoke', 'named'])).stdout.trim(), '"named"');
  });

  test('and says what fails: the command, a compiler that the image lacks, the image, the engine', async () => {
    const failing = project('failing', '{command: "echo in vain; exit 3", inContainer: true}');
    const failed = await s.refused(['deploy'], 'LAM_BUILD_FAILED', 8, failing);
    assert.match(failed.message, /exited with code 3\n {2}in vain/);

    const lacking = s.files('lacking', {
      'lam.yaml': `name: lacking\nruntime: go\nbuild: {inContainer: true, image: "${image}"}\n`,
      'main.go': 'package main\n',
    });
    const lacks = await s.refused(['deploy'], 'LAM_BUILD_CONTAINER_LACKS', 7, { cwd: lacking });
    assert.match(lacks.message, /needs 'go', which is not in the image 'lam-test-shell/);

    const unknown = project('unknown', '{command: "true", inContainer: true, image: "lam.invalid/none:1"}');
    await s.refused(['deploy'], 'LAM_BUILD_NO_CONTAINER', 7, { ...unknown, limitMs: 120_000 });
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const down = await s.refused(['deploy', '--in-container'], 'LAM_BUILD_NO_CONTAINER', 7, { ...failing, env });
    assert.match(down.message, /docker\.sock/);
  });
});
