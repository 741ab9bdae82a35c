import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { artifactDigest, type Digest } from '../../src/contract/index.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { LIVE_TRIGGERS } from '../../src/registry/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { filesBelow, sha256 } from '../unit/store/support.ts';
import { makeRegistry } from '../unit/registry/support.ts';
import { digestFor, asFunctionName, asQualifier } from '../support/ids.ts';

const LOOP = fileURLToPath(new URL('../unit/registry/deploy-loop.ts', import.meta.url));
const ROUNDS = 8;

interface Acknowledged {
  readonly name: string;
  readonly version: number;
  readonly artifact: Digest;
}

/** Starts the loop and kills it some time after its first deploy; resolves to the deploys that it reported. */
async function deployUntilKilled(home: string, round: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [LOOP, home, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Acknowledged[] = [];
  const closed = once(child, 'close');
  const reader = createInterface({ input: child.stdout });
  const first = once(reader, 'line');
  reader.on('line', (line) => {
    const [name = '', version = '', artifact = ''] = line.split(' ');
    lines.push({ name, version: Number(version), artifact: digestFor(artifact) });
  });
  await Promise.race([first, closed]);
  await wait(Math.random() * 250);
  child.kill('SIGKILL');
  await closed;
  return lines;
}

/** Every artifact in the store is whole, byte for byte. */
async function checkArtifacts(store: Store): Promise<void> {
  for (const digest of store.artifacts.digests) {
    const manifest = await store.artifacts.manifest(digest);
    assert.equal(artifactDigest(manifest), digest);
    const found = Object.entries(await filesBelow(await store.artifacts.ensure(digest))).map(
      ([path, text]) => [path, sha256(Buffer.from(text))] as const,
    );
    const expected = manifest.entries.map((entry) => [entry.path, entry.kind === 'file' ? entry.digest : ''] as const);
    assert.deepEqual(new Map(found), new Map(expected));
  }
}

describe('a daemon killed while it deploys', () => {
  test('loses no acknowledged version, and leaves nothing unfinished', async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'lam-crash-'));
    t.after(() => rm(home, { recursive: true, force: true }));
    const last = new Map<string, number>();
    let acknowledged = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await deployUntilKilled(home, round);
      acknowledged += lines.length;
      const store = await openStore(home, { clock: systemClock, facts: [LIVE_TRIGGERS] });
      assert.equal(store.lock.reclaimed, true);
      const registry = makeRegistry(store, systemClock);
      for (const { name, version, artifact } of lines) {
        // A collection right after may have dropped old ones; it must keep the newest.
        assert.ok(version > (last.get(name) ?? 0), `${name} ${version} after ${last.get(name)}`);
        last.set(name, version);
        if (version > registry.resolve(asFunctionName(name)).version - 25)
          assert.equal(registry.resolve(asFunctionName(name), asQualifier(String(version))).artifact, artifact);
      }
      for (const { name } of registry.list()) {
        const { artifact, version } = registry.resolve(name);
        assert.equal(store.artifacts.has(artifact), true);
        assert.ok(version >= (last.get(name) ?? 0));
        last.set(name, version);
      }
      await checkArtifacts(store);
      assert.deepEqual(await readdir(store.paths.staging), []);
      await registry.gc({ keep: 1000 });
      await checkArtifacts(store);
      await store.close();
    }
    t.diagnostic(`${acknowledged} versions acknowledged in ${ROUNDS} rounds`);
    assert.ok(acknowledged >= ROUNDS);
  });
});
