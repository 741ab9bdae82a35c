import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { FrameDecoder, MAX_FRAME_BYTES } from '../../executor/frames.ts';
import { Bootstrap } from './bootstrap.ts';
import { Channel, leave } from './channel.ts';
import { rehearse } from './rehearsal.ts';

/** What the process driver has in `NODE_OPTIONS`. */
const HEAP_OPTION = /^--max-old-space-size=\d+$/;

/** A sandbox that hears nothing for this long after its HELLO is a stem, and has time to rehearse, ms. */
const STEM_MS = 20;

function dial(address: string): Socket {
  const at = address.lastIndexOf(':');
  return address.startsWith('/') ? connect(address) : connect(Number(address.slice(at + 1)), address.slice(0, at));
}

function serve(socket: Socket, token: string): void {
  const bootstrap = new Bootstrap(new Channel(socket));
  const decoder = new FrameDecoder(bootstrap, MAX_FRAME_BYTES);
  const stem = setTimeout(() => void rehearse(), STEM_MS);
  socket.once('data', () => clearTimeout(stem));
  socket.on('data', (chunk: Buffer) => decoder.push(chunk));
  bootstrap.start(token);
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
  socket.once('connect', () => serve(socket, token));
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
  socket.once('close', leave);
}

main();
