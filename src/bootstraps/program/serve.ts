import { writeSync } from 'node:fs';
import { connect } from 'node:net';
import { FrameDecoder, MAX_FRAME_BYTES } from '../../executor/frames.ts';
import { Channel, leave } from '../shared/channel.ts';
import { carryCalls } from '../shared/carry-calls.ts';
import { takeDaemonAddress } from '../shared/daemon-address.ts';
import { ProgramClient } from './client.ts';
import type { ProgramHost } from './host.ts';

/** Variables of this process alone, which programs must not inherit. */
const OWN = /^LAM_|^NODE_OPTIONS$/;

/** Serves the daemon whose address is in `LAM_SOCKET`, with the host that `make` returns. */
export function serve(make: () => ProgramHost): void {
  const { address, token, calls } = takeDaemonAddress(OWN);
  if (calls !== undefined) carryCalls(calls);
  const host = make();
  const socket = connect({ path: address });
  socket.once('connect', () => {
    const client = new ProgramClient(new Channel(socket), host);
    const decoder = new FrameDecoder(client, MAX_FRAME_BYTES);
    socket.on('data', (chunk: Buffer) => decoder.push(chunk));
    socket.once('close', () => client.end(leave));
    client.start(token);
  });
  socket.on('error', (error) => writeSync(2, `lam bootstrap: ${error.message}\n`));
}
