import type { SessionHooks } from '../../executor/index.ts';
import type { SandboxSpec } from '../sandbox.ts';
import { OPT } from '../shared/layers.ts';
import type { ExtensionPrograms } from '../shared/extension-programs.ts';
import type { ArchivePlan } from '../shared/startup-archives.ts';
import type { Cgroup } from './cgroup.ts';
import type { Place } from './isolation.ts';

/** What a sandbox occupies on this machine, also before its process starts. */
export interface Allocation {
  readonly spec: SandboxSpec;
  readonly hooks: SessionHooks;
  readonly place: Place;
  readonly folder: string;
  /** Its folder for temporary files, as it sees it. */
  readonly tmp: string;
  /** Host folder of the code; of a stem its own folder. */
  readonly taskRoot: string;
  readonly cgroup: Cgroup | undefined;
  /** Known once its program is started. */
  archive: ArchivePlan | undefined;
  /** Host folder of the layers; undefined for none. */
  readonly layers: string | undefined;
  /** Names of the external extensions in them. */
  readonly extensions: readonly string[];
  /** Their processes. */
  readonly beside: number[];
  /** Undefined before they are started, and without any. */
  started: ExtensionPrograms | undefined;
}

/** Returns the folder of the layers as the sandbox sees it. */
export function optOf({ place, layers }: Pick<Allocation, 'place' | 'layers'>): string | undefined {
  return place.hasOpt ? OPT : layers;
}
