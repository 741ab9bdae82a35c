import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that both sides run on. */
export const NODE = process.execPath;

/** The environment of both sides: nothing of the caller's but where programs are. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...extra };
}

/** Wall time of a program from its spawning to its end, ms. Rejects when it does not exit with 0. */
export function wallTime(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const [program = '', ...args] = command;
    const child = spawn(program, args, { env: { ...environment }, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`${command.join(' ')} ended with ${code}: ${errors}`));
    });
  });
}

/** Duration of a Node process with an empty program (ms): the floor of everything that starts Node. */
export function nodeBoot(): Promise<number> {
  return wallTime([NODE, '-e', '0'], cleanEnvironment());
}

/** Stdout of a program. Rejects if it does not exit with 0. */
export function outputOf(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${command.join(' ')} ended with ${code}: ${errors}${out.slice(0, 2000)}`)),
    );
  });
}

/** A server in its own process. */
export interface ServerProcess {
  readonly pid: number;
  /** The first line of its output: its address. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts a server script that prints one line once it listens. Rejects when it ends before. `stderr` is thrown away or
 * passed on.
 */
export async function startServer(
  script: string,
  args: readonly string[] = [],
  stderr: 'ignore' | 'inherit' = 'inherit',
): Promise<ServerProcess> {
  const child = spawn(NODE, ['--no-warnings', script, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', stderr],
  });
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it listened`)));
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  return { pid: child.pid ?? 0, address, stop: () => end(child) };
}

/** Ends a child process with SIGTERM, and after `patienceMs` with SIGKILL. */
export function end(child: ChildProcess, patienceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** The first of the usual places that holds `program`. */
export function findProgram(program: string): string | undefined {
  return ['/usr/local/bin', '/usr/bin', '/bin'].map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** `pid` and all processes below it. */
export function familyOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in parentheses may hold anything, so the fields are counted from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** A figure of a process in KiB: `VmRSS` or `VmHWM` of its status, `Pss` of its mappings. NaN when it is gone. */
export function memoryKiB(pid: number, figure: 'VmRSS' | 'VmHWM' | 'Pss'): number {
  try {
    const text = readFileSync(`/proc/${pid}/${figure === 'Pss' ? 'smaps_rollup' : 'status'}`, 'latin1');
    return Number(new RegExp(`^${figure}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  } catch {
    return Number.NaN;
  }
}
