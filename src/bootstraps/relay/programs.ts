import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import {
  CODE,
  FROM_RELAY,
  RELAY_ADDRESS,
  type RelayEnded,
  type RelaySignal,
  type RelayStart,
} from '../../executor/relay-frames.ts';
import { kernelEndings } from '../shared/out-of-memory.ts';
import type { DaemonChannel } from './daemon-channel.ts';

/** Exit codes of shells for a missing command and for one that cannot be executed. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
/** Variables of the relay alone. */
const OWN = ['LAM_API_SOCKET', 'LAM_RELAY_SOCKET', 'LAM_CALLS_SOCKET'];
const STREAMS = {
  code: ['stdout', 'stderr'],
  extension: ['extensionStdout', 'extensionStderr'],
} as const;

/** The programs that the daemon has started in this container, by their numbers. */
export class Programs {
  readonly #channel: DaemonChannel;
  readonly #running = new Map<number, ChildProcess>();
  readonly #memoryKills = kernelEndings();
  #hasExtensions = false;

  constructor(channel: DaemonChannel) {
    this.#channel = channel;
  }

  start({ program, command, cwd, environment, output }: RelayStart): void {
    if (program !== CODE) this.#hasExtensions = true;
    const [file = '', ...args] = command;
    const env: NodeJS.ProcessEnv = { ...process.env, AWS_LAMBDA_RUNTIME_API: RELAY_ADDRESS };
    for (const name of OWN) delete env[name];
    for (const [name, value] of Object.entries(environment))
      if (value === null) delete env[name];
      else env[name] = value;
    const printed = output === 'container' ? 'inherit' : 'pipe';
    // A group of its own, so that its children can be signalled with it.
    const child = spawn(file, args, { cwd, env, stdio: ['inherit', printed, printed], detached: true });
    this.#running.set(program, child);
    if (output !== 'container') this.#follow(child, STREAMS[output]);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      process.stderr.write(`cannot start ${file}: ${error.message}\n`);
      this.#ended(program, error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE, null);
    });
    // Not 'close': a process that the program left behind may hold its pipes open.
    child.on('exit', (code, signal) => {
      this.signal({ program, signal: 'SIGKILL' });
      this.#ended(program, code, signal);
    });
  }

  /** Signals a program and its children. */
  signal({ program, signal }: RelaySignal): void {
    const pid = this.#running.get(program)?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is empty.
    }
  }

  #follow({ stdout, stderr }: ChildProcess, [out, err]: (typeof STREAMS)['code' | 'extension']): void {
    if (stdout !== null) this.#channel.follow(out, stdout);
    if (stderr !== null) this.#channel.follow(err, stderr);
  }

  #ended(program: number, code: number | null, signal: NodeJS.Signals | null): void {
    this.#running.delete(program);
    this.#channel.afterPrinted(() => {
      // Extensions outlive the code; alone, its end is that of the container.
      if (program === CODE && !this.#hasExtensions)
        process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
      const end: RelayEnded = { program, code, signal, memoryKills: this.#memoryKills() };
      this.#channel.send(FROM_RELAY.ended, end);
    });
  }
}
