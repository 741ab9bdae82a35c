import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

import { homeId, type NetworkReach } from '../../src/contract/index.ts';
import { probeDocker } from '../../src/driver/docker/index.ts';
import type { Sandbox, SandboxDriver } from '../../src/driver/sandbox.ts';
import { askEngine, DockerRig, INIT, invoke, resultOf, specOf } from './docker-rig.ts';

const probe = await probeDocker();
const socketPath = probe.ok ? probe.socketPath : '';
const isRoot = process.getuid?.() === 0;
const run = promisify(execFile);

/** Listens on 7777 on all addresses; connects where an event says, and answers what came of it. */
const REACH = `const net = require('node:net'), os = require('node:os');
net.createServer((s) => s.destroy()).listen(7777, '0.0.0.0');
const tried = ([host, port]) => new Promise((done) => {
  const socket = net.connect(port, host).setTimeout(1500);
  socket.on('connect', () => done('open')).on('error', (e) => done(e.code)).on('timeout', () => done('silence'));
});
exports.handler = async (targets) => ({
  own: Object.values(os.networkInterfaces()).flat().filter((a) => !a.internal).map((a) => a.address),
  tried: await Promise.all(targets.map(tried)),
});`;

type Target = readonly [host: string, port: number];

/** A started sandbox with a network. */
async function started(rig: DockerRig, driver: SandboxDriver, network: NetworkReach = 'on'): Promise<Sandbox> {
  const code = await rig.code({ 'index.js': REACH });
  const sandbox = await driver.create(specOf('nodejs', code, { network }), rig.hooks);
  assert.equal((await sandbox.session.init(INIT, 20_000)).kind, 'ready', JSON.stringify(rig.logs));
  return sandbox;
}

async function reached(
  { session }: Sandbox,
  targets: readonly Target[],
): Promise<{ readonly own: readonly string[]; readonly tried: readonly string[] }> {
  return resultOf(await invoke(session, targets)) as { own: string[]; tried: string[] };
}

/** Networks of the engine that belong to this home. */
async function networksOf(home: string): Promise<readonly { readonly Id: string }[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`lam.home=${homeId(home)}`] }));
  const { body } = await askEngine(socketPath, `/networks?filters=${filters}`);
  return body as { Id: string }[];
}

/** Rules of this machine's firewall that name the network's interface. */
async function rulesFor(id: string): Promise<readonly string[]> {
  if (!isRoot) return [];
  const { stdout } = await run('/usr/sbin/iptables', ['-w', '-S', 'INPUT']);
  return stdout.split('\n').filter((rule) => rule.includes(`br-${id.slice(0, 12)}`));
}

describe('a container with a network', { skip: !probe.ok }, () => {
  test('reaches no other container, not even of its own function', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const [one, other] = await Promise.all([started(rig, driver), started(rig, driver)]);
    const { own } = await reached(other, []);
    const [address = ''] = own;
    assert.notEqual(address, '');
    assert.deepEqual((await reached(other, [[address, 7777]])).tried, ['open']);
    const { tried } = await reached(one, [
      [address, 7777],
      [`lam-${other.id}`, 7777],
    ]);
    assert.ok(!tried.includes('open'), JSON.stringify(tried));
    assert.ok(!driver.gaps.some((gap) => gap.includes('reach each other')), JSON.stringify(driver.gaps));
  });

  test('reaches nothing that listens on this machine, or the gaps of the driver say so', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    const sandbox = await started(rig, driver);
    const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
    await once(server, 'listening');
    const at = server.address();
    assert.ok(at !== null && typeof at === 'object');
    const addresses = Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
    );
    assert.ok(addresses.length > 0);
    const { tried } = await reached(
      sandbox,
      addresses.map((address) => [address, at.port]),
    );
    const asked = await started(rig, driver, 'open');
    assert.ok((await reached(asked, [[addresses[0] ?? '', at.port]])).tried.includes('open'), 'asked for');
    const isOpen = tried.includes('open');
    server.close();
    const isSaid = driver.gaps.some((gap) => gap.includes('reach what listens on this machine'));
    assert.equal(isOpen, isSaid, `${JSON.stringify(tried)} ${JSON.stringify(driver.gaps)}`);
    if (isRoot) assert.equal(isOpen, false);
  });

  test('leaves no network and no rule behind, also when its daemon was killed', async () => {
    await using rig = await DockerRig.make();
    const killed = await rig.driver(socketPath);
    await started(rig, killed);
    const [network] = await networksOf(rig.home);
    assert.ok(network !== undefined);
    assert.equal((await rulesFor(network.Id)).length, isRoot ? 1 : 0);
    const next = await rig.driver(socketPath);
    assert.equal((await next.reclaim()).containers, 1);
    assert.deepEqual([await networksOf(rig.home), await rulesFor(network.Id)], [[], []]);
    await started(rig, next);
    const [second] = await networksOf(rig.home);
    assert.ok(second !== undefined);
    await next.close();
    assert.deepEqual([await networksOf(rig.home), await rulesFor(second.Id)], [[], []]);
  });

  test('gets its network back when somebody removed it', async () => {
    await using rig = await DockerRig.make();
    const driver = await rig.driver(socketPath);
    await (await started(rig, driver)).destroy();
    const [network] = await networksOf(rig.home);
    assert.ok(network !== undefined);
    assert.equal((await askEngine(socketPath, `/networks/${network.Id}`, 'DELETE')).status, 204);
    await started(rig, driver);
    assert.equal((await networksOf(rig.home)).length, 1);
    assert.deepEqual(await rulesFor(network.Id), []);
  });
});
