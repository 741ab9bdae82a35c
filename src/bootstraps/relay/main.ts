import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';

/**
 * Runs first in a container whose code speaks the Runtime API: serves the API, which the daemon provides on the Unix
 * socket `LAM_API_SOCKET`, at the TCP address that clients expect, starts the command in its arguments in the folder of
 * the code, and exits with its status. It copies bytes, parses no HTTP, and needs only the loopback network.
 */
const HOST = '127.0.0.1';
/** The port on AWS. Each container has its own loopback, so the port is free. */
const PORT = 9001;
/** Exit codes of shells for a missing command and for one that cannot be executed. */
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

function start(): void {
  const environment: NodeJS.ProcessEnv = { ...process.env, AWS_LAMBDA_RUNTIME_API: `${HOST}:${PORT}` };
  delete environment['LAM_API_SOCKET'];
  const [program = '', ...args] = process.argv.slice(2);
  const child = spawn(program, args, { cwd: process.env['LAMBDA_TASK_ROOT'], env: environment, stdio: 'inherit' });
  child.on('error', (error: NodeJS.ErrnoException) => {
    process.stderr.write(`cannot start ${program}: ${error.message}\n`);
    process.exit(error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
}

function main(): void {
  const socketPath = process.env['LAM_API_SOCKET'] ?? '';
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => relay(client, socketPath));
  server.on('error', (error) => {
    process.stderr.write(`cannot listen on ${HOST}:${PORT}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(PORT, HOST, start);
}

main();
