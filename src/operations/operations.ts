import type { Status } from '../contract/index.ts';
import { aliasOperations, type AliasOperations } from './aliases.ts';
import { artifactOperations, type ArtifactOperations, type ArtifactRooms } from './artifacts.ts';
import { configOperations, type ConfigOperations } from './configuration.ts';
import { createGoLive, type GoLiveRooms } from './go-live.ts';
import { functionOperations, type FunctionOperations, type FunctionRooms } from './functions.ts';
import { logOperations, type LogOperations, type LogRooms } from './logs.ts';
import { storageOperations, type StorageOperations, type StorageRooms } from './storage.ts';
import { versionOperations, type VersionOperations } from './versions.ts';

/** The daemon itself. */
export interface RuntimeOperations {
  status(): Status;
  /** Begins to drain; the answer to the caller is still sent. */
  stop(): void;
}

/**
 * All operations on functions, by subject, with all their rules. Every wire API calls these and adds no rules: an API
 * checks the shape of a request, operations check its values. Methods throw `LamError`s of the catalogue.
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

/** Rooms that operations use; passed in by the composition root. */
export interface OperationsRooms extends GoLiveRooms, FunctionRooms, ArtifactRooms, LogRooms, StorageRooms {
  readonly store: StorageRooms['store'];
  readonly runtime: RuntimeOperations;
}

/** Creates all operations on the rooms of one daemon. */
export function createOperations(rooms: OperationsRooms): Operations {
  const { registry } = rooms;
  const goLive = createGoLive(rooms);
  return {
    functions: functionOperations(rooms),
    versions: versionOperations(registry, goLive),
    config: configOperations(registry, goLive),
    aliases: aliasOperations(registry, goLive),
    artifacts: artifactOperations(rooms),
    logs: logOperations(rooms),
    storage: storageOperations(rooms),
    runtime: rooms.runtime,
  };
}
