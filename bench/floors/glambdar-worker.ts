// The worker behind glambdar-shape: one request a connection, JSON both ways. Its one argument is where it listens.
import { createServer } from 'node:net';

interface Message {
  readonly body: string;
}

function handler(event: { readonly name?: string }): { message: string } {
  console.error('called by', event.name);
  return { message: `Hello ${event.name ?? 'you'}!` };
}

const path = process.argv[2] ?? '';
createServer((socket) => {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (!text.endsWith('\n')) return;
    const { body } = JSON.parse(text) as Message;
    socket.end(JSON.stringify({ status: 200, body: handler(JSON.parse(body) as { name?: string }) }));
  });
  socket.on('error', () => socket.destroy());
}).listen(path, () => process.stdout.write(`${path}\n`));
