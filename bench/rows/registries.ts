import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ociDigest, RegistryConnection, RemoteRepository } from '../../src/oci/index.ts';
import { startRegistry, type RegistryBench } from '../floors/registry.ts';
import type { Measure } from '../measure.ts';
import type { Row, RowResult } from '../row.ts';
import { interleave } from '../rounds.ts';
import type { Scene } from '../scene.ts';
import { findingOf, placed, rate } from './contest.ts';

const MIB = 50;

const transfer: Row = {
  id: 'oci-transfer',
  group: 'registry',
  measures: [
    inMebibytes('oci-push', `code of ${MIB} MiB to an OCI registry`),
    inMebibytes('oci-pull', 'the same from it, digest verified'),
  ],
  run: transferRun,
};

/** MiB a second. */
interface Rates {
  readonly push: number;
  readonly pull: number;
}

/** One side's way to send a new blob, and to receive it. */
interface Way {
  readonly push: (repository: string, file: string, blob: { digest: string; size: number }) => Promise<unknown>;
  readonly pull: (repository: string, blob: { digest: string; size: number }, file: string) => Promise<void>;
}

async function transferRun(scene: Scene): Promise<RowResult> {
  await using registry = await startRegistry(scene.folder);
  using connection = new RegistryConnection(registry.host, { plainHttp: false, env: {} });
  const bytes = randomBytes(MIB * 1024 * 1024);
  const blob = { digest: ociDigest(bytes), size: bytes.length };
  const file = join(scene.folder, 'oci-code.zip');
  await writeFile(file, bytes);
  const sides: Record<'lam' | 'floor', Way> = { lam: ofLam(connection), floor: ofFloor(registry) };
  let round = 0;
  // Each time to another repository, which does not have it.
  const take = (name: 'lam' | 'floor') => async (): Promise<Rates> => {
    const repository = `bench/${name}-${(round += 1)}`;
    const began = performance.now();
    await sides[name].push(repository, file, blob);
    const pushed = performance.now();
    const to = join(scene.folder, `oci-pulled-${round}`);
    await sides[name].pull(repository, blob, to);
    const pulled = performance.now();
    await rm(to);
    return { push: (MIB * 1000) / (pushed - began), pull: (MIB * 1000) / (pulled - pushed) };
  };
  const samples = await interleave(
    [
      { name: 'lam', take: take('lam') },
      { name: 'floor', take: take('floor') },
    ],
    { rounds: scene.rounds(11) },
  );
  await rm(file);
  const notes = placed(scene, 'free');
  const rates = (kind: keyof Rates): Map<string, readonly number[]> =>
    new Map([...samples].map(([name, all]) => [name, all.map((one) => one[kind])]));
  return {
    findings: { 'oci-push': findingOf(rates('push'), notes), 'oci-pull': findingOf(rates('pull'), notes) },
  };
}

function ofLam(connection: RegistryConnection): Way {
  const how = { what: 'the code' };
  return {
    push: (repository, file, blob) =>
      new RemoteRepository(connection, repository).pushBlob(
        blob,
        () => createReadStream(file, { highWaterMark: 256 * 1024 }),
        how,
      ),
    pull: (repository, blob, file) => new RemoteRepository(connection, repository).pullBlob(blob, file, how),
  };
}

function ofFloor(registry: RegistryBench): Way {
  return {
    push: (repository, file, blob) => registry.push(repository, file, blob),
    pull: (repository, { digest }, file) => registry.pull(repository, digest, file),
  };
}

/** Rows about OCI registries. */
export const REGISTRY_ROWS: readonly Row[] = [transfer];

function inMebibytes(id: string, title: string): Measure {
  return { ...rate(id, title, 'plain HTTP to the same registry', { value: 0.7, aim: 0.9 }), unit: 'MiB/s' };
}
