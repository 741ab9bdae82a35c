import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HostConfig } from 'dockerode';
import type { Base } from '../../../../src/driver/docker/base/bases.ts';
import { containerOptions, type NamedContainer } from '../../../../src/driver/docker/container/container-spec.ts';
import { containerPlan } from '../../../../src/driver/docker/container/start-container.ts';
import type { SandboxSpec } from '../../../../src/driver/sandbox.ts';
import { requireRuntime } from '../../../../src/runtimes/index.ts';
import { asSandboxId, asFunctionName, asVersion } from '../../../support/ids.ts';

const ID = 'a'.repeat(32);

function optionsFor(
  runtime: string,
  over: { base?: Partial<Base>; spec?: Partial<SandboxSpec>; layers?: string } = {},
): NamedContainer {
  return containerOptions(
    containerPlan({
      spec: {
        id: asSandboxId(ID),
        runtime: requireRuntime(runtime),
        artifact: null,
        layers: null,
        environment: { GREETING: 'hi' },
        limits: { memoryMiB: 128, cpus: 0.5, pids: 64, tmpMiB: 16 },
        network: 'none',
        image: null,
        functionName: asFunctionName('hello'),
        version: asVersion(7),
        ...over.spec,
      },
      base: {
        image: 'base:1',
        isHostBase: false,
        interpreter: '',
        command: () => ['run', 'it'],
        relay: null,
        mounts: [{ source: '/usr', target: '/usr' }],
        directory: '/var/task',
        environment: {},
        takesCode: true,
        notice: null,
        ...over.base,
      },
      homeId: 'home',
      useDockerInit: true,
      cores: 2,
      network: 'lam-home',
      environment: { LAM_TOKEN: 't' },
      archive: undefined,
      socketMount: { source: '/h/dial', target: '/lam/run' },
      code: '/h/code',
      entryRoot: '/var/task',
      layers: over.layers,
      hosts: '/h/hosts',
    }),
  );
}

function hostConfig(runtime: string, over: Parameters<typeof optionsFor>[1] = {}): HostConfig {
  const { HostConfig: config } = optionsFor(runtime, over);
  assert.ok(config !== undefined);
  return config;
}

const mount = (source: string, target: string): object => ({
  Type: 'bind',
  Source: source,
  Target: target,
  ReadOnly: true,
});

describe('the options of a container', () => {
  test('mount layers and name what is found there, which the function may override', () => {
    const { HostConfig: config, Env: environment = [] } = optionsFor('nodejs22.x', {
      base: { isHostBase: true },
      layers: '/h/layers',
      spec: { environment: { LD_LIBRARY_PATH: '/own' } },
    });
    assert.deepEqual(config?.Mounts?.at(-1), mount('/h/layers', '/opt'));
    const values = environment.filter((entry) => /^(?:PATH|NODE_PATH|LD_LIBRARY_PATH)=/.test(entry));
    assert.deepEqual(values.toSorted(), [
      'LD_LIBRARY_PATH=/own',
      'NODE_PATH=/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin',
    ]);
    assert.ok(!(optionsFor('nodejs22.x').Env ?? []).some((entry) => entry.includes('/opt')));
  });

  test('give it no privileges, all limits and read-only files', () => {
    assert.deepEqual(hostConfig('nodejs'), {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: 128 * 1024 * 1024,
      MemorySwap: 128 * 1024 * 1024,
      NanoCpus: 5e8,
      PidsLimit: 64 + 1,
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777,size=16m' },
      Mounts: [
        mount('/usr', '/usr'),
        mount('/h/dial', '/lam/run'),
        mount('/h/code', '/var/task'),
        mount('/h/hosts', '/etc/hosts'),
      ],
      NetworkMode: 'none',
      LogConfig: { Type: 'none', Config: {} },
      AutoRemove: false,
      Init: true,
    });
  });

  test('run it as an unprivileged user, in the folder of the code, without a network, and labelled', () => {
    const { HostConfig: _, ...options } = optionsFor('nodejs');
    assert.deepEqual(options, {
      name: `lam-${ID}`,
      Image: 'base:1',
      User: '1000:1000',
      WorkingDir: '/var/task',
      Entrypoint: ['run', 'it'],
      Cmd: [],
      Env: ['HOME=/tmp', 'LANG=en_US.UTF-8', 'TZ=:UTC', 'GREETING=hi', 'LAMBDA_TASK_ROOT=/var/task', 'LAM_TOKEN=t'],
      AttachStdout: true,
      AttachStderr: true,
      NetworkDisabled: true,
      Labels: { 'lam.home': 'home', 'lam.sandbox': ID, 'lam.function': 'hello', 'lam.version': '7' },
    });
  });

  test('leave room for the relay beside the limits of a function that has one', () => {
    const { Memory, MemorySwap, PidsLimit } = hostConfig('provided', { base: { relay: ['relay'] } });
    assert.deepEqual([Memory, MemorySwap, PidsLimit], [160 * 1024 * 1024, 160 * 1024 * 1024, 64 + 16]);
  });

  test('put a supervisor and a PATH in front of the programs of the host', () => {
    const { Entrypoint = [], Env = [] } = optionsFor('nodejs', { base: { isHostBase: true } });
    assert.deepEqual(
      [Entrypoint.slice(0, 2), Entrypoint.slice(3)],
      [
        ['/bin/sh', '-c'],
        ['sh', 'run', 'it'],
      ],
    );
    assert.match(String(Entrypoint[2]), /^trap .kill -TERM "\$child" 2>.dev.null. TERM\n[^]*"\$@" &\n/);
    assert.equal(Env[0], 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  });

  test('give it a network only if configured', () => {
    const over = { spec: { network: 'on' } } as const;
    const { NetworkMode, ExtraHosts, Mounts = [] } = hostConfig('nodejs', over);
    assert.equal(NetworkMode, 'lam-home');
    assert.deepEqual(ExtraHosts, ['sandbox.localdomain:127.0.0.1', 'sandbox:127.0.0.1']);
    assert.ok(!Mounts.some(({ Target }) => Target === '/etc/hosts'));
    assert.equal(optionsFor('nodejs', over).NetworkDisabled, false);
  });

  test('give it no more cores than the engine has', () => {
    const limits = { memoryMiB: 64, cpus: 8, pids: 16, tmpMiB: 1 };
    assert.equal(hostConfig('nodejs', { spec: { limits } }).NanoCpus, 2e9);
  });
});
