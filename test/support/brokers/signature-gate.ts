import { createHash, createHmac } from 'node:crypto';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Keys that a {@link SignatureGate} accepts. */
export interface GateKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Stands before a broker that checks no credentials, and refuses requests that are not signed with the right keys, as AWS does. */
export class SignatureGate implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port and forwards to the port `to` of this machine. */
  static async to(to: number, keys: GateKeys): Promise<SignatureGate> {
    const server = createServer((incoming, outgoing) => void pass(incoming, outgoing, { to, keys }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SignatureGate(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { to, keys }: { readonly to: number; readonly keys: GateKeys },
): Promise<void> {
  const body = Buffer.concat((await incoming.toArray()) as Buffer[]);
  const refusal = refusalOf(incoming, body, keys);
  if (refusal !== undefined) {
    outgoing.writeHead(403, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(
      JSON.stringify({ __type: `com.amazon.coral.service#${refusal}`, message: 'the request is not signed' }),
    );
    return;
  }
  const { method, url, headers } = incoming;
  const forward = request({ port: to, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  forward.on('error', () => outgoing.destroy());
  forward.end(body);
}

/** Checks Signature Version 4; returns the name of AWS's error for a wrong one. */
function refusalOf({ method, url, headers }: IncomingMessage, body: Buffer, keys: GateKeys): string | undefined {
  const [, id, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (id !== keys.accessKeyId) return 'InvalidClientTokenId';
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', signed.join(''), names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  let key: Buffer | string = `AWS4${keys.secretAccessKey}`;
  for (const part of [...scope.split('/'), text]) key = createHmac('sha256', key).update(part).digest();
  return Buffer.from(key).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
