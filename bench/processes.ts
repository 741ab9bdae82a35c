import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The environment of both sides: nothing of the caller's but where programs are. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...extra };
}

/** Wall time of a program from start to end, ms. Rejects when it does not exit with 0. */
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

/** Starts a server script that prints its port, and waits for that. */
export async function startServer(
  node: string,
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ port: number; child: ChildProcess }> {
  const child = spawn(node, [script], { env: { ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString().trim())));
  });
  return { port, child };
}

/** What a program printed to stdout. Rejects when it does not exit with 0. */
export function outputOf(command: readonly string[], environment: Readonly<Record<string, string>>, cwd?: string): Promise<string> {
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
    child.on('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${command.join(' ')} ended with ${code}: ${errors}${out}`))));
  });
}

/** The first of the usual places that holds `program`. */
export function findProgram(program: string): string | undefined {
  return ['/usr/local/bin', '/usr/bin', '/bin'].map((folder) => join(folder, program)).find((path) => existsSync(path));
}
