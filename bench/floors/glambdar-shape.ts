// A server in the shape of Glambdar v2 as its sources show it, to compare with something that does the same work for a
// request. Before each answer: a new Unix connection to the worker, the event as JSON within JSON to it and the result
// back, what the function printed fetched from the engine that runs it, and a row inserted into SQLite in its
// write-ahead mode. Left out, to its advantage: the stat of the function's folder, the read and the write of its row,
// and the container around its worker. Arguments: a folder, the worker's socket, and where logs come from,
// `container:<engine socket>:<id>` or `file:<path>`.
import { readFile } from 'node:fs/promises';
import { Agent, createServer, request as send, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [folder = '', workerSocket = '', logSource = ''] = process.argv.slice(2);

const db = new DatabaseSync(join(folder, 'invocations.db'));
db.exec('PRAGMA journal_mode = WAL');
db.exec(
  'CREATE TABLE logs (id INTEGER PRIMARY KEY, function TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL, output TEXT NOT NULL)',
);
const insert = db.prepare('INSERT INTO logs (function, at, status, output) VALUES (?, ?, ?, ?)');

const agent = new Agent({ keepAlive: true });

function textOf(message: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    message.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    message.on('end', () => resolve(text));
    message.on('error', reject);
  });
}

/** One exchange with the worker over a connection of its own, JSON both ways. */
function callWorker(event: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = connect(workerSocket, () =>
      socket.write(`${JSON.stringify({ body: JSON.stringify(event), headers: {} })}\n`),
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(JSON.parse(text) as { status: number; body: unknown }));
    socket.on('error', reject);
  });
}

function containerLogs(socketPath: string, id: string, since: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${id}/logs?stdout=1&stderr=1&since=${since}`;
    const sent = send({ socketPath, agent, path }, (answer) => resolve(textOf(answer)));
    sent.on('error', reject);
    sent.end();
  });
}

const [kind, ...where] = logSource.split(':');
const logsSince = (since: number): Promise<string> =>
  kind === 'container' ? containerLogs(where[0] ?? '', where[1] ?? '', since) : readFile(where.join(':'), 'utf8');

async function answer(message: IncomingMessage): Promise<string> {
  const at = Date.now();
  const event: unknown = JSON.parse(await textOf(message));
  const { status, body } = await callWorker(event);
  const output = await logsSince(Math.floor(at / 1000));
  insert.run('hello', at, status, output.slice(0, 4096));
  return JSON.stringify(body);
}

const server = createServer((request, response) => {
  answer(request).then(
    (text) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
