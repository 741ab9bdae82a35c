import { rm } from 'node:fs/promises';
import type { SandboxId } from '../../../contract/index.ts';
import { openRuntimeApi, type DeliverTelemetry, type RuntimeApi, type SessionHooks } from '../../../executor/index.ts';
import { makeReadable, sandboxSocket } from '../code/folders.ts';
import type { UndoStep } from '../container/start-container.ts';
import type { ContainerStartContext } from './context.ts';

/** A Runtime API whose socket is mounted into one container. */
export interface OpenApi {
  readonly api: RuntimeApi;
  /** Folder of the socket, on this machine. */
  readonly folder: string;
}

/** Whose Runtime API is opened, and with what. */
export interface OpenApiRequest {
  readonly id: SandboxId;
  /** The sandbox whose folder of sockets it uses. */
  readonly socketsOf: SandboxId;
  /** Brings telemetry into the container; undefined for none. */
  readonly deliver?: DeliverTelemetry;
}

/**
 * Opens the Runtime API of a sandbox. Rejects with `LAM_EXECUTOR_LISTEN_FAILED`.
 * @param undo receives a step for everything created
 */
export async function openApi(
  { folders, clock }: ContainerStartContext,
  { id, socketsOf, deliver }: OpenApiRequest,
  hooks: SessionHooks,
  undo: UndoStep[],
): Promise<OpenApi> {
  const { folder, path } = sandboxSocket(folders, socketsOf, 'api.sock');
  undo.push(() => rm(folder, { recursive: true, force: true }));
  await makeReadable(folder);
  const api = await openRuntimeApi({ id, listen: { path }, clock, ...(deliver && { deliver }) }, hooks);
  undo.push(() => api.close());
  return { api, folder };
}
