import assert from 'node:assert/strict';
import { request } from 'node:http';

import type { InvocationContext } from '../../../../src/contract/index.ts';
import { openRuntimeApi, type RuntimeApi, type RuntimeApiOptions } from '../../../../src/executor/runtime-api/index.ts';
import type { InitRequest } from '../../../../src/executor/session.ts';
import { asRequestId, asTraceId, asSandboxId, asFunctionName, asVersion } from '../../../support/ids.ts';

/** An answer of the Runtime API. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Sent {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Init request for tests that do not depend on it. */
export const INIT: InitRequest = {
  functionName: asFunctionName('hello'),
  version: asVersion(3),
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
  handler: 'bootstrap',
  taskRoot: '/var/task',
  memoryMiB: 128,
  timeoutMs: 3000,
  concurrency: 1,
  wantStartupCache: false,
  logGroup: '/aws/lambda/hello',
  logStream: 's',
  environment: {},
};

/** Context of an invocation, with a new request id. */
export const context = (over: Partial<InvocationContext> = {}): InvocationContext => ({
  requestId: asRequestId(crypto.randomUUID()),
  deadlineMs: Date.now() + 3000,
  functionArn: INIT.functionArn,
  traceId: asTraceId('Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0'),
  ...over,
});

interface Logged {
  readonly stream: string;
  readonly text: string;
  readonly requestId: string;
}

/** A Runtime API with a client. Disposing closes it. */
export class Rig {
  readonly api: RuntimeApi;
  readonly logs: Logged[];
  private constructor(api: RuntimeApi, logs: Logged[]) {
    this.api = api;
    this.logs = logs;
  }
  static async open(options: Partial<RuntimeApiOptions> = {}): Promise<Rig> {
    const logs: Logged[] = [];
    const api = await openRuntimeApi(
      { id: asSandboxId('a'.repeat(32)), listen: { host: '127.0.0.1', port: 0 }, ...options },
      { onLog: (stream, text, requestId) => logs.push({ stream, text, requestId }), onProtocolError: assert.fail },
    );
    return new Rig(api, logs);
  }
  get port(): number {
    assert.ok('port' in this.api.address);
    return this.api.address.port;
  }
  send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = request(
        { host: '127.0.0.1', port: this.port, method, path, headers: sent.headers, agent: false },
        (res) => {
          const chunks: Buffer[] = [];
          res.on('data', (c: Buffer) => chunks.push(c));
          res.on('end', () =>
            resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks).toString() }),
          );
          res.on('error', reject);
        },
      );
      req.on('error', reject);
      if (sent.trailers !== undefined) {
        req.flushHeaders();
        req.addTrailers(sent.trailers);
      }
      req.end(sent.body);
    });
  }
  next(): Promise<Answer> {
    return this.send('GET', '/2018-06-01/runtime/invocation/next');
  }
  post(id: string, what: 'response' | 'error', sent: Sent = {}): Promise<Answer> {
    return this.send('POST', `/2018-06-01/runtime/invocation/${id}/${what}`, sent);
  }
  [Symbol.dispose](): void {
    this.api.close();
  }
}
