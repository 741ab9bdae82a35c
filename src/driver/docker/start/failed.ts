import { rm } from 'node:fs/promises';
import type { EntrypointError, SessionHooks } from '../../../executor/index.ts';
import type { Sandbox, SandboxSpec } from '../../sandbox.ts';
import { EntrypointSandbox } from '../container/entrypoint-sandbox.ts';
import type { ContainerStartContext } from './context.ts';
import { openApi } from './open-api.ts';

/** Code without a valid entry point gets no container, only a session that reports the error. */
export async function failedSandbox(
  context: ContainerStartContext,
  { id }: Pick<SandboxSpec, 'id'>,
  hooks: SessionHooks,
  fault: EntrypointError,
): Promise<Sandbox> {
  const { api, folder } = await openApi(context, { id, socketsOf: id }, hooks, []);
  api.failInit(fault.errorType, fault.errorMessage);
  const sandbox: EntrypointSandbox = new EntrypointSandbox(id, api.session, async () => {
    context.onDestroyed(sandbox);
    await rm(folder, { recursive: true, force: true });
  });
  return sandbox;
}
