import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Bootstrap } from './bootstrap.ts';
import { leave } from './channel.ts';

/** What the process driver has in `NODE_OPTIONS`. */
const HEAP_OPTION = /^--max-old-space-size=\d+$/;

function dial(address: string): Socket {
  const at = address.lastIndexOf(':');
  return address.startsWith('/') ? connect(address) : connect(Number(address.slice(at + 1)), address.slice(0, at));
}

function main(): void {
  const { LAM_SOCKET: address, LAM_TOKEN: token } = process.env;
  for (const name of Object.keys(process.env)) if (name.startsWith('LAM_')) delete process.env[name];
  // The driver's way to size the heap of this process; those that the function starts size their own.
  if (HEAP_OPTION.test(process.env['NODE_OPTIONS'] ?? '')) delete process.env['NODE_OPTIONS'];
  if (address === undefined || token === undefined) {
    writeSync(2, 'lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; it is started by the daemon, not by hand\n');
    process.exit(1);
  }
  const socket = dial(address);
  socket.once('connect', () => new Bootstrap(socket).start(token));
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
  socket.once('close', leave);
}

main();
