// The load generator runs in its own process, so that the bench's own work and garbage collection do not affect the
// figures.
import { Connection } from './connection.ts';
import { targetBytes, type Target } from './target.ts';
import { dueAt, type LoadReport, type LoadTask, type OpenLoopTask, type SequentialTask } from './tasks.ts';

/** Initial connections of an open loop; it opens more when all are busy. */
const FIRST_CONNECTIONS = 16;
const MOST_CONNECTIONS = 1024;
/** Wait for the last answers (ms). */
const PATIENCE_MS = 10_000;

const open = ({ host, port }: Target): Promise<Connection> => Connection.open({ host, port });
const nanoseconds = (ms: number): number => Math.max(1, Math.round(ms * 1e6));

async function sequential({ target, count, limitMs }: SequentialTask): Promise<LoadReport> {
  const connection = await open(target);
  const request = targetBytes(target);
  const latencies: number[] = [];
  let errors = 0;
  const until = performance.now() + limitMs;
  for (let i = 0; i < count && performance.now() < until; i++) {
    const sent = performance.now();
    const { status } = await connection.exchange(request);
    latencies.push(nanoseconds(performance.now() - sent));
    if (status !== 200) errors++;
  }
  connection.close();
  return { latencies, errors };
}

/** The state of an open loop. */
class OpenLoop {
  readonly #task: OpenLoopTask;
  readonly #request: Buffer;
  readonly #idle: Connection[] = [];
  readonly #all: Connection[] = [];
  /** Times that were due while no connection was free. */
  readonly #backlog: number[] = [];
  readonly #latencies: number[] = [];
  #opening = 0;
  #errors = 0;
  #answered = 0;
  #startedAt = 0;

  constructor(task: OpenLoopTask) {
    this.#task = task;
    this.#request = targetBytes(task.target);
  }

  async run(): Promise<LoadReport> {
    await Promise.all(Array.from({ length: FIRST_CONNECTIONS }, () => this.#open()));
    const count = Math.round(this.#task.perSecond * this.#task.seconds);
    this.#startedAt = performance.now() + 20;
    for (let sent = 0; sent < count;) {
      const now = performance.now();
      while (sent < count && this.#startedAt + dueAt(sent, this.#task.perSecond) <= now) {
        this.#send(this.#startedAt + dueAt(sent, this.#task.perSecond));
        sent++;
      }
      // Not a timer: its resolution of 1 ms and the wake-up would count as the server's latency.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const giveUp = performance.now() + PATIENCE_MS;
    while (this.#answered < count && performance.now() < giveUp) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const connection of this.#all) connection.close();
    return { latencies: this.#latencies, errors: this.#errors + count - this.#answered };
  }

  async #open(): Promise<void> {
    this.#opening++;
    try {
      const connection = await open(this.#task.target);
      this.#all.push(connection);
      this.#free(connection);
    } finally {
      this.#opening--;
    }
  }

  #send(due: number): void {
    const connection = this.#idle.pop();
    if (connection !== undefined) {
      this.#exchange(connection, due);
      return;
    }
    this.#backlog.push(due);
    if (this.#opening < this.#backlog.length && this.#all.length + this.#opening < MOST_CONNECTIONS) {
      // What can't be sent shows as unanswered.
      this.#open().catch(() => undefined);
    }
  }

  #exchange(connection: Connection, due: number): void {
    connection.exchange(this.#request).then(
      ({ status }) => {
        this.#latencies.push(nanoseconds(performance.now() - due));
        this.#answered++;
        if (status !== 200) this.#errors++;
        this.#free(connection);
      },
      () => {
        this.#answered++;
        this.#errors++;
        connection.close();
        this.#open().catch(() => undefined);
      },
    );
  }

  #free(connection: Connection): void {
    const due = this.#backlog.shift();
    if (due === undefined) this.#idle.push(connection);
    else this.#exchange(connection, due);
  }
}

const task = JSON.parse(process.argv[2] ?? '') as LoadTask;
const report = task.kind === 'sequential' ? await sequential(task) : await new OpenLoop(task).run();
process.stdout.write(JSON.stringify(report));
