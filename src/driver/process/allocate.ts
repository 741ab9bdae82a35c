import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SessionHooks } from '../../executor/index.ts';
import type { ArtifactSource, SandboxSpec } from '../sandbox.ts';
import { extensionsIn } from '../shared/layers.ts';
import type { Allocation } from './allocation.ts';
import type { CgroupTree } from './cgroup.ts';
import type { Isolation, Place } from './isolation.ts';
import type { ReadyInterpreters } from './ready-interpreters.ts';
import { removeTree } from './remove-tree.ts';
import { VacatedProcess } from './vacated-process.ts';

/** What allocations are made from. */
export interface AllocationSources {
  readonly artifacts: ArtifactSource;
  /** Folder of the sandboxes' folders. */
  readonly folder: string;
  readonly cgroups: CgroupTree | undefined;
  readonly isolation: Isolation;
  readonly interpreters: ReadyInterpreters;
}

/**
 * Makes what a sandbox occupies, and has `start` start it there; frees it all again when either rejects, and with it the
 * place that the spec names.
 */
export async function withAllocation<T>(
  sources: AllocationSources,
  spec: SandboxSpec,
  hooks: SessionHooks,
  start: (allocation: Allocation) => Promise<T>,
): Promise<T> {
  const { artifacts, folder } = sources;
  let place: Place | undefined;
  let allocation: Allocation | undefined;
  try {
    const code = spec.artifact === null ? null : await artifacts.ensure(spec.artifact);
    const layers = spec.layers === null ? undefined : await artifacts.ensure(spec.layers);
    place = await placeFor(sources, spec, layers);
    const extensions = await extensionsIn(layers);
    allocation = { ...allocate(sources, spec, place, code), hooks, layers, extensions };
    return await start(allocation);
  } catch (error) {
    await place?.shell.discard();
    await allocation?.cgroup?.remove();
    await removeTree(join(folder, spec.id));
    await place?.free();
    await spec.place?.discard();
    throw error;
  }
}

/** Returns a process for a sandbox, in the place that an earlier one left where that can be had again. */
async function placeFor(
  { interpreters, isolation }: AllocationSources,
  spec: SandboxSpec,
  layers: string | undefined,
): Promise<Place> {
  const again = spec.place instanceof VacatedProcess ? await spec.place.again() : undefined;
  if (again !== undefined) return again;
  const { folders = [] } = (await interpreters.find(spec.runtime)) ?? {};
  const place = await isolation.take(folders, layers);
  // What sandboxes see has changed since.
  if (place.tmp !== undefined) await spec.place?.discard();
  return place;
}

function allocate(
  sources: AllocationSources,
  spec: SandboxSpec,
  place: Place,
  code: string | null,
): Omit<Allocation, 'hooks' | 'layers' | 'extensions'> {
  const folder = join(sources.folder, spec.id);
  const tmp = place.tmp === undefined ? join(folder, 'tmp') : '/tmp';
  // Not recursive: a home that was moved away must not come back.
  if (place.tmp !== undefined) symlinkSync(dirname(place.tmp), folder);
  else if (spec.place instanceof VacatedProcess) spec.place.moveTo(folder);
  else for (const path of [folder, tmp]) mkdirSync(path, { mode: 0o700 });
  const share = code === null ? 'small' : 'usual';
  return {
    spec,
    place,
    folder,
    tmp,
    taskRoot: code ?? tmp,
    cgroup: sources.cgroups?.create(spec.id, spec.limits, share),
    archive: undefined,
    beside: [],
    started: undefined,
  };
}
