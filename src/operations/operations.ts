import type { Status } from '../contract/index.ts';
import { accountOperations, type AccountOperations, type AccountRooms } from './account.ts';
import { aliasOperations, type AliasOperations } from './aliases.ts';
import { apiKeyOperations, type ApiKeyOperations, type ApiKeyRooms } from './api-keys.ts';
import { artifactOperations, type ArtifactOperations, type ArtifactRooms } from './artifacts.ts';
import { asyncOperations, type AsyncOperations, type AsyncRooms } from './async.ts';
import type { AuditOperations } from './rights/caller.ts';
import { configOperations, type ConfigOperations } from './configuration.ts';
import { createGoLive, type GoLiveRooms } from './go-live.ts';
import { functionOperations, type FunctionOperations, type FunctionRooms } from './functions.ts';
import { imageOperations, type ImageOperations, type ImageRooms } from './images.ts';
import { layerOperations, type LayerOperations, type LayerRooms } from './layers.ts';
import { logOperations, type LogOperations, type LogRooms } from './logs.ts';
import { provisionedOperations, type ProvisionedOperations, type ProvisionedRooms } from './provisioned.ts';
import { storageOperations, type StorageOperations, type StorageRooms } from './storage.ts';
import { triggerOperations, type TriggerOperations, type TriggerSupport } from './triggers.ts';
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
  readonly provisioned: ProvisionedOperations;
  readonly account: AccountOperations;
  readonly artifacts: ArtifactOperations;
  readonly layers: LayerOperations;
  readonly images: ImageOperations;
  readonly apiKeys: ApiKeyOperations;
  readonly logs: LogOperations;
  readonly async: AsyncOperations;
  readonly storage: StorageOperations;
  readonly triggers: TriggerOperations;
  readonly runtime: RuntimeOperations;
  readonly audit: AuditOperations;
}

/** Rooms that operations use; passed in by the composition root. */
export interface OperationsRooms
  extends
    GoLiveRooms,
    FunctionRooms,
    ArtifactRooms,
    LayerRooms,
    ProvisionedRooms,
    ImageRooms,
    AccountRooms,
    ApiKeyRooms,
    LogRooms,
    AsyncRooms,
    StorageRooms,
    TriggerSupport {
  readonly store: StorageRooms['store'] & ApiKeyRooms['store'];
  readonly audit: AuditOperations;
  readonly runtime: RuntimeOperations;
}

/** Creates all operations on the rooms of one daemon. */
export function createOperations(rooms: OperationsRooms): Operations {
  const { registry } = rooms;
  const goLive = createGoLive(rooms);
  return {
    functions: functionOperations(rooms),
    versions: versionOperations(registry, goLive, rooms.store.artifacts),
    config: configOperations(registry, goLive),
    aliases: aliasOperations(registry, goLive),
    provisioned: provisionedOperations(rooms),
    account: accountOperations(rooms),
    artifacts: artifactOperations(rooms),
    layers: layerOperations(rooms),
    images: imageOperations(rooms),
    apiKeys: apiKeyOperations(rooms),
    logs: logOperations(rooms),
    async: asyncOperations(rooms),
    storage: storageOperations(rooms),
    triggers: triggerOperations(rooms),
    runtime: rooms.runtime,
    audit: rooms.audit,
  };
}
