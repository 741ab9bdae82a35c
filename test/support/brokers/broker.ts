import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why tests against a broker are skipped, for `{ skip }`; false where `program` is installed. */
export function withoutProgram(program: string, debianPackage: string): string | false {
  return existsSync(program) ? false : notInstalled(program, `apt-get install ${debianPackage}`);
}

/** Why tests are skipped that need a broker; throws where they are required. `how`: how to install it. */
export function notInstalled(program: string, how: string): string {
  const reason = `no ${program}; install it: ${how}`;
  if ((process.env['LAM_TEST_REQUIRE'] ?? '').split(',').includes('brokers')) throw new Error(reason);
  return reason;
}

/** How a broker is started. */
export interface BrokerRecipe {
  /** Writes configuration into `folder`; returns the command line. */
  command(folder: string, port: number): Promise<readonly string[]> | readonly string[];
  readonly env?: (folder: string, port: number) => Record<string, string>;
  /** Resolves once it serves requests; rejects to be asked again. */
  ready(port: number): Promise<void>;
  /** Ends what the broker leaves behind. */
  readonly sweep?: (folder: string) => void;
}

/** Most attempts to start a broker. */
const MOST_STARTS = 3;

/** A broker on a port and in a folder of its own. Its data outlives restarts. */
export class Broker implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #recipe: BrokerRecipe;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(recipe: BrokerRecipe, folder: string, port: number) {
    this.#recipe = recipe;
    this.folder = folder;
    this.port = port;
  }

  /** Starts a broker; resolves when it serves requests. Tries again elsewhere when it ends: its port may be taken by now. */
  static async start(recipe: BrokerRecipe): Promise<Broker> {
    for (let attempt = 1; ; attempt++) {
      const folder = await mkdtemp(join(tmpdir(), 'lam-broker-'));
      const broker = new Broker(recipe, folder, await freePort());
      try {
        await broker.start();
        return broker;
      } catch (error) {
        await broker[Symbol.asyncDispose]().catch(() => undefined);
        if (attempt === MOST_STARTS) throw error;
      }
    }
  }

  /** Starts it again after {@link kill}. */
  async start(): Promise<void> {
    const [program = '', ...args] = await this.#recipe.command(this.folder, this.port);
    const child = spawn(program, args, {
      cwd: this.folder,
      // A group of its own: start scripts leave the server as a child.
      detached: true,
      env: { ...process.env, HOME: this.folder, ...this.#recipe.env?.(this.folder, this.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)));
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the broker ended with ${code}: ${this.#output}`)));
    });
    failed.catch(() => undefined);
    await Promise.race([failed, this.#answers(child)]);
  }

  /** Kills it at once, as a power failure would; resolves when it has ended. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
    await this.#isFree();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    try {
      this.#recipe.sweep?.(this.folder);
    } finally {
      // Children that notice later that their server is gone may still write.
      await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    }
  }

  async #answers(child: ChildProcess): Promise<void> {
    while (child.exitCode === null && child.signalCode === null) {
      try {
        return await this.#recipe.ready(this.port);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Waits until nothing accepts connections any more: members of the group may end after their leader. */
  async #isFree(): Promise<void> {
    while (await accepts(this.port)) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port of the machine that nothing used a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
