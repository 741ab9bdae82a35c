import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { commandContext } from '../../../src/cli/command-context.ts';
import { withDaemonFlags } from '../../../src/cli/daemon-flags.ts';
import type { Installation } from '../../../src/cli/installation.ts';
import { Output } from '../../../src/cli/output.ts';
import { askForYes, confirm } from '../../../src/cli/services/confirm.ts';
import { failureToError } from '../../../src/cli/services/failure.ts';
import { stopDaemon } from '../../../src/cli/services/stop-daemon.ts';
import { targetFunction } from '../../../src/cli/services/target.ts';
import { socketPath } from '../../../src/contract/index.ts';

const INSTALLATION: Installation = {
  kind: 'npm',
  version: '1.0.0',
  build: () => undefined,
  daemonCommand: ['/nonexistent'],
  nodeCommand: () => [],
  assets: () => assert.fail(),
  templates: () => assert.fail(),
  esbuild: () => assert.fail(),
  loadApp: () => assert.fail(),
  loadDaemon: () => assert.fail(),
};

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lam-cli-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('asking for confirmation', () => {
  const answering = async (text: string): Promise<void> => {
    const input = new PassThrough();
    input.end(text);
    await askForYes("delete 'f'", input, new PassThrough().resume());
  };
  for (const yes of ['y\n', 'Yes\n', ' YES \n']) test(`takes ${JSON.stringify(yes)} for one`, () => answering(yes));
  for (const no of ['n\n', '\n', 'yeah\n', '']) {
    test(`takes ${JSON.stringify(no)} as no`, () => assert.rejects(answering(no), { code: 'LAM_CLI_CANCELLED' }));
  }
  test('fails without a terminal', () =>
    assert.rejects(confirm(new Output({ json: true, env: {} }), 'x', '--yes'), { code: 'LAM_CLI_NEEDS_YES' }));
});

describe('the function that a command applies to', () => {
  test('has to be named outside a project', () =>
    inFolder((cwd) =>
      assert.rejects(targetFunction(undefined, cwd, 'invoke'), {
        code: 'LAM_CLI_NO_FUNCTION',
        details: { cwd, command: 'invoke' },
      }),
    ));

  const inProject = (yaml: string, run: (root: string) => Promise<void>): Promise<void> =>
    inFolder(async (root) => {
      await mkdir(join(root, 'a', 'src'), { recursive: true });
      await mkdir(join(root, 'b'));
      await mkdir(join(root, 'docs'));
      await writeFile(join(root, 'lam.yaml'), yaml);
      await run(root);
    });
  const PROJECTS = {
    'with a path each': 'functions:\n  first: {runtime: nodejs, path: a}\n  second: {runtime: nodejs, path: b}\n',
    'with handlers in folders': [
      'defaults: {runtime: nodejs}',
      'functions:',
      '  first: {handler: a/index.handler}',
      '  second: {handler: b/index.handler}',
    ].join('\n'),
  };
  for (const [title, yaml] of Object.entries(PROJECTS)) {
    test(`of a project ${title} is the one whose folder this is`, () =>
      inProject(yaml, async (root) => {
        assert.equal((await targetFunction(undefined, join(root, 'a', 'src'), 'invoke')).name, 'first');
        assert.equal((await targetFunction(undefined, join(root, 'b'), 'invoke')).name, 'second');
      }));

    test(`of a project ${title} has to be chosen elsewhere, from commands to paste`, () =>
      inProject(yaml, async (root) => {
        for (const cwd of [root, join(root, 'docs')]) {
          await assert.rejects(targetFunction(undefined, cwd, 'config set', ['description=a b', "x='"]), {
            code: 'LAM_CLI_SEVERAL_FUNCTIONS',
            exitCode: 2,
            message: [
              'this project has 2 functions; name one of them:',
              String.raw`  lam config set first 'description=a b' 'x='\'''`,
              String.raw`  lam config set second 'description=a b' 'x='\'''`,
            ].join('\n'),
          });
        }
      }));
  }
});

describe('the port', () => {
  for (const port of ['65536', '-1', 'http', '1e3', '', ' 80']) {
    test(`is not ${JSON.stringify(port)}`, () =>
      assert.throws(() => commandContext({ port }, INSTALLATION, { LAM_HOME: '/h' }), { code: 'LAM_CLI_BAD_PORT' }));
  }
});

describe('the memory for all sandboxes', () => {
  const settings = (env: Record<string, string>) =>
    commandContext({}, INSTALLATION, { LAM_HOME: '/h', ...env }).settings;

  for (const memory of ['63', '0', '-64', '1e4', '4GB', ' 512']) {
    test(`is not ${JSON.stringify(memory)}`, () => {
      assert.throws(() => settings({ LAM_MEMORY: memory }), { code: 'LAM_CLI_BAD_MEMORY', message: /^LAM_MEMORY: / });
      assert.throws(() => withDaemonFlags(settings({}), { memory }), {
        code: 'LAM_CLI_BAD_MEMORY',
        message: /^--memory: /,
      });
    });
  }

  test('comes from the flag, else the variable, else the daemon', () => {
    assert.equal(withDaemonFlags(settings({ LAM_MEMORY: '512' }), { memory: '64' }).memoryMiB, 64);
    assert.equal(withDaemonFlags(settings({ LAM_MEMORY: '512' }), {}).memoryMiB, 512);
    assert.equal(settings({ LAM_MEMORY: '' }).memoryMiB, undefined);
  });
});

describe('an invoke without an answer of the function', () => {
  test('was answered by something that is not lam', () => {
    const error = failureToError({ kind: 'refused', status: 502, header: undefined, type: 'Bad', body: 'Gateway' });
    assert.equal(error.code, 'LAM_CLIENT_BAD_ANSWER');
    assert.match(error.message, /502/);
  });
});

describe('stopping a daemon', () => {
  test('fails if the daemon accepts the request and keeps running', () =>
    inFolder(async (home) => {
      const socket = socketPath(home);
      await mkdir(dirname(socket), { recursive: true });
      const server = createServer((_, response) =>
        response.end(JSON.stringify({ pid: process.pid, version: '1.0.0' })),
      );
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      try {
        const context = commandContext({ home }, INSTALLATION, {});
        await assert.rejects(stopDaemon(context, 50), {
          code: 'LAM_CLI_STOP_TIMED_OUT',
          details: { pid: process.pid, seconds: 0.05 },
        });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
      assert.equal(await stopDaemon(commandContext({ home }, INSTALLATION, {}), 50), undefined);
    }));
});
