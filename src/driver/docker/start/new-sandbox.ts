import { rm } from 'node:fs/promises';
import type { Session } from '../../../executor/index.ts';
import type { BoundFunction, Sandbox } from '../../sandbox.ts';
import type { CallSocket } from '../container/call-socket.ts';
import { DockerSandbox, removeContainer } from '../container/docker-sandbox.ts';
import type { Started } from '../container/start-container.ts';
import { VacatedContainer } from '../container/vacated-container.ts';
import type { ContainerStartContext } from './context.ts';
import type { Making } from './making.ts';
import type { Relayed } from './relayed.ts';

/** What a sandbox consists of once its code, or what waits for it, has connected. */
export interface ContainerLife {
  readonly session: Session;
  readonly started: Started;
  /** Of code on the Runtime API, and of code with extensions. */
  readonly relayed?: Relayed;
  /** Of a stem whose program starts once it is bound; `code`: its folder on this machine. */
  readonly start?: (code: string, bound: BoundFunction) => Promise<void>;
  /** Folder of its sockets, on this machine. */
  readonly folder: string;
  /** By which its client identified itself; only of code on frames. */
  readonly token?: string;
  /** For calls of other functions; where there is a relay, that has it. */
  readonly calls?: CallSocket | undefined;
  /** Settles when the connection to the container's processes has ended. */
  readonly disconnected: Promise<void>;
}

/** Returns the sandbox of a container whose code has been started, or waits to be bound. */
export function newSandbox(context: ContainerStartContext, making: Making, life: ContainerLife): Sandbox {
  const { clock, leftovers, artifacts } = context;
  const { spec, codeFolder, left, base } = making;
  const { session, started, folder, relayed } = life;
  const { container, output, over, exited } = started;
  const closeSockets = (): void => {
    relayed?.relay.close();
    (relayed?.calls ?? life.calls)?.close();
  };
  const freeCode = async (): Promise<void> => {
    await codeFolder?.remove();
    await left?.freeCode();
  };
  const free = async (removed: boolean): Promise<void> => {
    if (!removed) leftovers.add(container.id);
    output.close();
    await rm(folder, { recursive: true, force: true });
    await freeCode();
  };
  const keep = (): VacatedContainer => {
    context.onDestroyed(sandbox);
    closeSockets();
    return new VacatedContainer({
      running: { container, output, over },
      clock,
      id: left?.id ?? spec.id,
      token: life.token,
      freeCode,
      free: async () => free((await removeContainer(container, clock)) !== 'unconfirmed'),
    });
  };
  output.pipe((stream, chunk) => session.output(stream, chunk));
  const sandbox: DockerSandbox = new DockerSandbox({
    id: spec.id,
    container,
    session,
    exited,
    over,
    clock,
    disconnected: life.disconnected,
    codeFolder,
    artifacts,
    archive: () => making.archive,
    folder,
    start: life.start,
    keep: base.isHostBase ? keep : undefined,
    wantsSigterm: () => (relayed?.api.extensions.count ?? 0) > 0,
    extensions: () => relayed?.extensions,
    killCode: async () => relayed?.killCode(),
    onDestroyed: async (removed) => {
      context.onDestroyed(sandbox);
      closeSockets();
      await free(removed);
    },
  });
  if (relayed !== undefined) relayed.api.telemetry.usedMiB = () => sandbox.peakMemoryMiB();
  return sandbox;
}
