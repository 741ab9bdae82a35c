import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../src/kit/clock.ts';
import { LIVE_TRIGGERS, Registry, type RegistryOptions, type Revision } from '../../../src/registry/index.ts';
import { TRIGGER_KINDS } from '../../../src/triggers/index.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { manifestOf, uploadOf, type Files } from '../store/support.ts';
import type { Digest } from '../../../src/contract/index.ts';
import { ARNS } from '../../support/arns.ts';

/** A clock that stands still unless a test advances it. */
export class StillClock implements Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  after(): () => void {
    return () => undefined;
  }
  every(): () => void {
    return () => undefined;
  }
}

export interface TestRegistry {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: StillClock;
  /** An artifact whose only file contains `text`. */
  artifact(text: string): Promise<Digest>;
  /** The same home, as opened by a new process. */
  reload(): Promise<TestRegistry>;
  remove(): Promise<void>;
}

/** A registry over a store in a new temporary home. */
export async function testRegistry(at?: string, clock: StillClock = new StillClock()): Promise<TestRegistry> {
  const home = at ?? (await mkdtemp(join(tmpdir(), 'lam-registry-')));
  const store = await openStore(home, { clock, facts: [LIVE_TRIGGERS] });
  const registry = makeRegistry(store, clock);
  return {
    store,
    registry,
    clock,
    artifact: (text) => upload(store, { 'index.js': text }),
    reload: async () => {
      await store.close();
      return testRegistry(home, clock);
    },
    remove: async () => {
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export function makeRegistry(
  store: Pick<Store, 'catalogue' | 'artifacts'>,
  clock: Clock,
  more: Pick<Partial<RegistryOptions>, 'usedElsewhere' | 'onTrouble'> = {},
): Registry {
  return new Registry({
    catalogue: store.catalogue,
    artifacts: store.artifacts,
    clock,
    around: {
      arns: ARNS,
      url: (name) => `http://127.0.0.1:8000/${name}`,
      sandboxes: () => ({ starting: 0, idle: 1, busy: 0 }),
      warm: (revision: Revision) => revision.version,
      triggers: () => [],
      throttled: () => ({ rate: 0, concurrency: 0 }),
    },
    kinds: TRIGGER_KINDS,
    onTrouble: (what) => assert.fail(what),
    ...more,
  });
}

export async function upload(store: Store, files: Files): Promise<Digest> {
  const manifest = manifestOf(files);
  const { missing } = await store.artifacts.plan(manifest);
  const { artifact } = await store.artifacts.ingest(manifest, {
    bytes: missing.length === 0 ? Buffer.alloc(0) : uploadOf(files, missing),
  });
  return artifact;
}
