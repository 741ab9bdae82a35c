import type { LogRecord } from '../../src/contract/index.ts';
import { eventually, type LamSession } from './session.ts';

/** A record and the time when the command printed it (milliseconds since the epoch). */
export interface Arrival {
  readonly record: LogRecord;
  readonly at: number;
}

/** A `lam logs --follow` that runs. */
export interface Follower {
  readonly arrivals: readonly Arrival[];
  /** Waits until a record holds this text; fails after 15 s. */
  seen(text: string): Promise<Arrival>;
  /** Sends SIGINT and resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

/**
 * Follows a function as JSON. Stored records come first, so an earlier record shows that the follower is connected.
 */
export function follow(session: LamSession, args: readonly string[]): Follower {
  const child = session.start(['logs', ...args, '--follow', '--output', 'json']);
  const arrivals: Arrival[] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const at = Date.now();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) arrivals.push({ record: JSON.parse(line) as LogRecord, at });
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    arrivals,
    async seen(text) {
      const find = (): Arrival | undefined => arrivals.find(({ record }) => record.text.includes(text));
      await eventually(() => find() !== undefined, 15_000);
      return find() ?? session.fail(`no record with '${text}' came; there were: ${JSON.stringify(arrivals)}`);
    },
    async interrupt() {
      child.kill('SIGINT');
      return ended;
    },
  };
}
