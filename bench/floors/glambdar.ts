import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lam } from '../lam/lam.ts';
import { startServer, type ServerProcess } from '../processes.ts';
import { NotRun } from '../row.ts';
import { ContainerPattern } from './container.ts';
import { Engine } from './engine.ts';

/** Its name in the report. */
export const GLAMBDAR = 'glambdar-shape';

/** The baseline server with its worker. */
export interface GlambdarShape {
  readonly port: number;
  readonly pids: readonly number[];
  /** Source of its logs, as a sentence. */
  readonly note: string;
  stop(): Promise<void>;
}

const PRINTS = 'console.log("called by you"); setInterval(() => undefined, 1e6)';

interface LogSource {
  readonly argument: string;
  readonly note: string;
  dispose(): Promise<void>;
}

/**
 * Starts it in `folder`. `docker`: gives a lam whose containers show how to make one here; asked only where an engine
 * answers.
 */
export async function startGlambdarShape(folder: string, docker: () => Promise<Lam>): Promise<GlambdarShape> {
  await mkdir(folder, { recursive: true });
  const logs = await logSource(folder, docker);
  const script = (name: string): string => join(import.meta.dirname, name);
  const started: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of started.toReversed()) await server.stop();
    await logs.dispose();
  };
  try {
    const socket = join(folder, 'worker.sock');
    started.push(await startServer(script('glambdar-worker.ts'), [socket], 'ignore'));
    const front = await startServer(script('glambdar-shape.ts'), [folder, socket, logs.argument]);
    started.push(front);
    return { port: Number(front.address), pids: started.map(({ pid }) => pid), note: logs.note, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function logSource(folder: string, docker: () => Promise<Lam>): Promise<LogSource> {
  try {
    const engine = await Engine.require();
    return await containerLogs(engine, await docker(), folder);
  } catch (error) {
    if (!(error instanceof NotRun)) throw error;
    const path = join(folder, 'worker.log');
    await writeFile(path, 'called by you\n');
    return {
      argument: `file:${path}`,
      note: `${GLAMBDAR} reads a file where it would ask an engine for logs: ${error.message}`,
      dispose: () => Promise.resolve(),
    };
  }
}

async function containerLogs(engine: Engine, lam: Lam, folder: string): Promise<LogSource> {
  await lam.invoke('hello');
  const pattern = await ContainerPattern.of(engine, lam, 'hello');
  const request = pattern.createRequest(PRINTS, folder, { LogConfig: { Type: 'json-file', Config: {} } });
  const { Id } = (await engine.ask('POST', '/containers/create', request)) as { readonly Id: string };
  const dispose = (): Promise<void> => engine.remove(Id);
  try {
    await engine.ask('POST', `/containers/${Id}/start`);
    return {
      argument: `container:${engine.socketPath}:${Id}`,
      note: `${GLAMBDAR} asks the Docker engine for the logs of a running container`,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
