import type { SessionHooks } from '../../../executor/index.ts';
import type { ArtifactSource, SandboxSpec } from '../../sandbox.ts';
import { planArchive, type ArchivePlan } from '../../shared/startup-archives.ts';
import type { Base } from '../base/bases.ts';
import type { CodeFolder } from '../code/code-folder.ts';
import type { FoundCode } from '../code/found-code.ts';
import type { UndoStep } from '../container/start-container.ts';
import type { VacatedContainer } from '../container/vacated-container.ts';

/** A sandbox being created. */
export interface Making extends FoundCode {
  readonly spec: SandboxSpec;
  readonly hooks: SessionHooks;
  readonly base: Base;
  readonly undo: UndoStep[];
  /** Only of a stem. */
  readonly codeFolder: CodeFolder | undefined;
  /** The container of an earlier sandbox of the same version, to be used again. */
  readonly left: VacatedContainer | undefined;
  /** Of a stem known once it is bound. */
  archive: ArchivePlan | undefined;
}

/** Returns what code on this base does with its archive; undefined for nothing. */
export function archiveOn(
  { interpreter }: Pick<Base, 'interpreter'>,
  artifacts: ArtifactSource,
  spec: SandboxSpec,
): ArchivePlan | undefined {
  return planArchive(artifacts, spec, ['docker', interpreter]);
}
