import type { SandboxId } from '../../../contract/index.ts';
import { sandboxSocket } from '../code/folders.ts';
import { CallSocket } from '../container/call-socket.ts';
import type { UndoStep } from '../container/start-container.ts';
import type { ContainerStartContext } from './context.ts';

/**
 * Opens the socket for calls in a sandbox's folder of sockets, which exists; undefined where calls are not served.
 * Rejects with `LAM_EXECUTOR_LISTEN_FAILED`.
 */
export async function openCalls(
  { folders, calls }: ContainerStartContext,
  socketsOf: SandboxId,
  undo: UndoStep[],
): Promise<CallSocket | undefined> {
  if (calls === undefined) return undefined;
  const socket = await CallSocket.listen(sandboxSocket(folders, socketsOf, 'calls.sock').path, calls);
  undo.push(() => socket.close());
  return socket;
}

/** The same socket as the container sees it, by the name of its variable. Pure. */
export function callsVariable(calls: CallSocket | undefined, folder: string): Readonly<Record<string, string>> {
  return calls === undefined ? {} : { LAM_CALLS_SOCKET: `${folder}/calls.sock` };
}
