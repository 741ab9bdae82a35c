// The floor of large bodies: whatever comes over a Unix socket goes back. Its one argument is where it listens.
import { createServer } from 'node:net';

const path = process.argv[2] ?? '';
createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(path, () => process.stdout.write(`${path}\n`));
