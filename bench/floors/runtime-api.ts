import { spawn, type SpawnOptions } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Built } from '../lam/built.ts';
import { BODY } from '../load/target.ts';
import { cleanEnvironment, end } from '../processes.ts';

const PREFIX = '/2018-06-01/runtime/invocation/';
const REQUEST_ID = '00000000-0000-4000-8000-000000000001';
const ACCEPTED = '{"status":"OK"}';
/** Time limit of one start (ms). */
const LIMIT_MS = 20_000;

/**
 * The floor of functions on the Runtime API: a server that hands out one event and takes one answer, and nothing around
 * the process that asks.
 */
export class BareRuntimeApi {
  readonly #server: Server;
  #answered: (at: number) => void = () => undefined;
  #isTaken = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<BareRuntimeApi> {
    const server = createServer();
    const api = new BareRuntimeApi(server);
    server.on('request', (request, response) => {
      // A process that was answered asks again, and is ended instead.
      if (request.url === `${PREFIX}next`) {
        if (!api.#isTaken) api.#hand(response);
        return;
      }
      request.resume();
      request.on('end', () => {
        api.#answered(performance.now());
        response.writeHead(202, { 'Content-Length': ACCEPTED.length }).end(ACCEPTED);
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  #hand(response: ServerResponse): void {
    this.#isTaken = true;
    response
      .writeHead(200, {
        'Content-Type': 'application/json',
        // AWS's Runtime API sends it, and small clients read no chunks.
        'Content-Length': Buffer.byteLength(BODY),
        'Lambda-Runtime-Aws-Request-Id': REQUEST_ID,
        'Lambda-Runtime-Deadline-Ms': String(Date.now() + LIMIT_MS),
        'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:floor',
        'Lambda-Runtime-Trace-Id': 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
      })
      .end(BODY);
  }

  /** From the spawning of `command`, with the code of `built`, to its answer to one event (ms). The process is gone then. */
  async coldStart(command: readonly string[], built: Pick<Built, 'folder' | 'handler'>): Promise<number> {
    const [program = '', ...args] = command;
    const answered = Promise.withResolvers<number>();
    this.#isTaken = false;
    this.#answered = answered.resolve;
    const began = performance.now();
    // In a group of its own, so that what a script started ends with it and takes no event of the next start.
    const options: SpawnOptions = {
      cwd: built.folder,
      env: this.#environment(built),
      stdio: 'ignore',
      detached: true,
    };
    const child = spawn(program, args, options);
    const fail = (what: string): void => answered.reject(new Error(`${program} ${what} before it answered`));
    child.once('error', ({ message }) => fail(message));
    child.once('exit', (code) => fail(`ended with ${code}`));
    const limit = setTimeout(() => fail(`took ${LIMIT_MS / 1000} s`), LIMIT_MS);
    try {
      return (await answered.promise) - began;
    } finally {
      clearTimeout(limit);
      const gone = end(child);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await gone;
      this.#server.closeAllConnections();
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #environment({ folder, handler }: Pick<Built, 'folder' | 'handler'>): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return cleanEnvironment({
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'floor',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/floor',
      AWS_LAMBDA_LOG_STREAM_NAME: 'floor',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
    });
  }
}
