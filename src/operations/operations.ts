import type { Status } from '../contract/index.ts';
import { aliasOperations, type AliasOperations } from './aliases.ts';
import { artifactOperations, type ArtifactOperations, type ArtifactRooms } from './artifacts.ts';
import { configOperations, type ConfigOperations } from './configuration.ts';
import type { GoLiveRooms } from './go-live.ts';
import { functionOperations, type FunctionOperations, type FunctionRooms } from './functions.ts';
import { logOperations, type LogOperations, type LogRooms } from './logs.ts';
import { storageOperations, type StorageOperations, type StorageRooms } from './storage.ts';
import { versionOperations, type VersionOperations } from './versions.ts';

/** The daemon itself. */
export interface RuntimeOperations {
  status(): Status;
  /** Begins to drain; an answer to the caller still goes out. */
  stop(): void;
}

/**
 * Everything that can be done to functions, by subject, with all its rules. Every wire API calls this and adds none of
 * its own: an API checks the shape of a request, operations check its values. Methods throw `LamError`s of the catalogue.
 */
export interface Operations {
  readonly functions: FunctionOperations;
  readonly versions: VersionOperations;
  readonly config: ConfigOperations;
  readonly aliases: AliasOperations;
  readonly artifacts: ArtifactOperations;
  readonly logs: LogOperations;
  readonly storage: StorageOperations;
  readonly runtime: RuntimeOperations;
}

/** All that operations work on; the composition root hands it in. */
export interface OperationsRooms extends GoLiveRooms, FunctionRooms, ArtifactRooms, LogRooms, StorageRooms {
  readonly store: StorageRooms['store'];
  readonly runtime: RuntimeOperations;
}

/** Makes all operations over the rooms of one daemon. */
export function createOperations(rooms: OperationsRooms): Operations {
  return {
    functions: functionOperations(rooms),
    versions: versionOperations(rooms),
    config: configOperations(rooms),
    aliases: aliasOperations(rooms),
    artifacts: artifactOperations(rooms),
    logs: logOperations(rooms),
    storage: storageOperations(rooms),
    runtime: rooms.runtime,
  };
}
