import { Agent, request } from 'node:http';
import { NotRun } from '../row.ts';

/** An answer of the engine. */
export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
}

/** Docker's API over plain HTTP on the engine's socket, without a client library. */
export class Engine {
  readonly socketPath: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socketPath = engineSocket()) {
    this.socketPath = socketPath;
  }

  /** Throws {@link NotRun} when no engine answers. */
  static async require(): Promise<Engine> {
    const engine = new Engine();
    const answer = await engine.call('GET', '/_ping').catch((error: unknown) => String(error));
    if (typeof answer !== 'string' && answer.status === 200) return engine;
    throw new NotRun(`no Docker engine answers at ${engine.socketPath}`);
  }

  call(method: string, path: string, body?: unknown): Promise<EngineAnswer> {
    const bytes = body === undefined ? '' : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) };
      const sent = request({ socketPath: this.socketPath, agent: this.#agent, method, path, headers }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString('latin1');
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  /** The answer as JSON. Rejects when it is not a success. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`Docker: ${method} ${path} was answered ${status}: ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async remove(id: string): Promise<void> {
    await this.call('DELETE', `/containers/${id}?force=true&v=true`);
  }
}

function engineSocket(): string {
  return /^unix:\/\/(.+)$/.exec(process.env['DOCKER_HOST'] ?? '')?.[1] ?? '/var/run/docker.sock';
}
