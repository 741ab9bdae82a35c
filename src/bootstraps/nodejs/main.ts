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

/** What is read at once, into the same memory each time, bytes: about as much as a Unix socket holds. */
const READ_BYTES = 256 * 1024;

/** `onRead` is given memory that is used again after it returns. */
function dial(address: string, onRead: (chunk: Buffer) => void): Socket {
  const at = address.lastIndexOf(':');
  const to = address.startsWith('/')
    ? { path: address }
    : { port: Number(address.slice(at + 1)), host: address.slice(0, at) };
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (bytes: number): boolean => {
    onRead(buffer.subarray(0, bytes));
    return true;
  };
  return connect({ ...to, onread: { buffer, callback } });
}

function serve(address: string, token: string): void {
  let decoder: FrameDecoder | undefined;
  let stem: NodeJS.Timeout | undefined;
  const socket = dial(address, (chunk) => {
    clearTimeout(stem);
    decoder?.push(chunk);
  });
  socket.once('connect', () => {
    const bootstrap = new Bootstrap(new Channel(socket));
    decoder = new FrameDecoder(bootstrap, MAX_FRAME_BYTES);
    stem = setTimeout(() => void rehearse(), STEM_MS);
    bootstrap.start(token);
  });
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
  socket.once('close', leave);
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
  serve(address, token);
}

main();
