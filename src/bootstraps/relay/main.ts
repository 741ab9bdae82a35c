import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';

/**
 * What runs first in a container of a `provided` function: gives the Runtime API, which the daemon offers on the Unix
 * socket `LAM_API_SOCKET`, the TCP address clients want, starts `bootstrap`, and ends as it does. It moves bytes and
 * knows nothing of HTTP, and needs no network but loopback.
 */
const HOST = '127.0.0.1';
/** AWS's own. The container's loopback belongs to it alone, so the port is free. */
const PORT = 9001;
/** What shells exit with when a command is not there, and when it can't be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

function relay(client: Socket, socketPath: string): void {
  const daemon = connect({ path: socketPath, allowHalfOpen: true });
  for (const [from, to] of [
    [client, daemon],
    [daemon, client],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

function start(taskRoot: string): void {
  const environment: NodeJS.ProcessEnv = { ...process.env, AWS_LAMBDA_RUNTIME_API: `${HOST}:${PORT}` };
  delete environment['LAM_API_SOCKET'];
  const path = join(taskRoot, 'bootstrap');
  const child = spawn(path, [], { cwd: taskRoot, env: environment, stdio: 'inherit' });
  child.on('error', (error: NodeJS.ErrnoException) => {
    process.stderr.write(`cannot start ${path}: ${error.message}\n`);
    process.exit(error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}

function main(): void {
  const socketPath = process.env['LAM_API_SOCKET'] ?? '';
  const taskRoot = process.env['LAMBDA_TASK_ROOT'] ?? '/var/task';
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => relay(client, socketPath));
  server.on('error', (error) => {
    process.stderr.write(`cannot listen on ${HOST}:${PORT}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(PORT, HOST, () => start(taskRoot));
}

main();
