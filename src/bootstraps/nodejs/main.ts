import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { FrameDecoder, MAX_FRAME_BYTES } from '../../executor/frames.ts';
import { Bootstrap } from './bootstrap.ts';
import { Channel, leave } from './channel.ts';
import { rehearse } from './rehearsal.ts';

/** The heap option that the process driver sets in `NODE_OPTIONS`. */
const HEAP_OPTION = /^--max-old-space-size=\d+$/;

/** Without INIT for this long after HELLO the sandbox is a stem, and rehearses (ms). */
const STEM_MS = 20;

/** Size of the read buffer, which is reused: about the capacity of a Unix socket (bytes). */
const READ_BYTES = 256 * 1024;

/** `onRead` gets a view of a buffer that is reused after it returns. */
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
  // It sized the heap of this process; processes that the function starts must not inherit it.
  if (HEAP_OPTION.test(process.env['NODE_OPTIONS'] ?? '')) delete process.env['NODE_OPTIONS'];
  if (address === undefined || token === undefined) {
    writeSync(2, 'lam bootstrap: LAM_SOCKET and LAM_TOKEN are not set; it is started by the daemon, not by hand\n');
    process.exit(1);
  }
  serve(address, token);
}

main();
