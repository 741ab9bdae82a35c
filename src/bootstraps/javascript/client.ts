import { writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { FrameDecoder, MAX_FRAME_BYTES } from '../../executor/frames.ts';
import { Bootstrap } from './bootstrap.ts';
import { leave, type DaemonConnection } from '../shared/channel.ts';
import { carryCalls } from '../shared/carry-calls.ts';
import { takeDaemonAddress } from '../shared/daemon-address.ts';
import type { JavaScriptHost } from './host.ts';

/** Without INIT for this long after HELLO the sandbox is a stem (ms). */
const STEM_MS = 20;

/** Size of the read buffer, which is reused: about the capacity of a Unix socket (bytes). */
const READ_BYTES = 256 * 1024;

/** Parts of a client that depend on its JavaScript runtime. */
export interface ClientParts {
  readonly host: JavaScriptHost;
  /** Prepares the process: variables that were meant for it, how stacks are formatted. */
  prepare(): void;
  /** Makes the connection of a connected socket. */
  connectionOf(socket: Socket): DaemonConnection;
  /** Called after the function's streams are installed. */
  onStarted?(): void;
  /** Called when the sandbox is a stem. */
  onStem?(): void;
}

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

function serve(address: string, token: string, parts: ClientParts): void {
  let decoder: FrameDecoder | undefined;
  let stem: NodeJS.Timeout | undefined;
  const socket = dial(address, (chunk) => {
    clearTimeout(stem);
    decoder?.push(chunk);
  });
  socket.once('connect', () => {
    const bootstrap = new Bootstrap(parts.connectionOf(socket), parts.host);
    decoder = new FrameDecoder(bootstrap, MAX_FRAME_BYTES);
    if (parts.onStem !== undefined) stem = setTimeout(() => parts.onStem?.(), STEM_MS);
    bootstrap.start(token);
    parts.onStarted?.();
  });
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
  socket.once('close', leave);
}

/** Dials the daemon and serves a function until the connection ends. */
export function startClient(parts: ClientParts): void {
  const { address, token, calls } = takeDaemonAddress(/^LAM_/);
  parts.prepare();
  if (calls !== undefined) carryCalls(calls);
  serve(address, token, parts);
}
