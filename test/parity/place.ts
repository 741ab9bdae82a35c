import assert from 'node:assert/strict';
import { request } from 'node:http';
import { http, type HttpAnswer, type LamSession } from '../e2e/session.ts';
import type { ParityFunction } from './behaviours/behaviour.ts';
import type { ParityDriver, ParityRuntime } from './runtimes/parity-runtime.ts';

/** Memory of functions whose entry says nothing (MiB). */
export const DEFAULT_MEMORY_MIB = 256;

/** A command of the contract in README.md. */
export type Command = Readonly<Record<string, unknown>>;

/** The answer to an Invoke. */
export interface Called {
  readonly requestId: string;
  /** What `X-Amz-Function-Error` says; undefined for a result. */
  readonly functionError: string | undefined;
  readonly body: string;
  /** The end of the log, as `LogResult` has it. */
  readonly tail: string;
  readonly ms: number;
}

/** An error document. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly [member: string]: unknown;
}

/** A streamed answer. */
export interface Streamed {
  readonly status: number;
  readonly pieces: readonly { readonly text: string; readonly ms: number }[];
}

/** One runtime on one driver: its deployed functions, and how they are called. */
export class ParityPlace {
  readonly runtime: ParityRuntime;
  readonly driver: ParityDriver;
  readonly session: LamSession;

  constructor(runtime: ParityRuntime, driver: ParityDriver, session: LamSession) {
    this.runtime = runtime;
    this.driver = driver;
    this.session = session;
  }

  /** Memory limit of its functions (MiB). */
  get memoryMiB(): number {
    return this.runtime.memoryMiB ?? DEFAULT_MEMORY_MIB;
  }

  /** Invokes a function through AWS's API, with the tail of its log. A text is sent as it is. */
  async call(name: ParityFunction, command: Command | string): Promise<Called> {
    const began = performance.now();
    const answer = await http(`${this.session.url}/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      body: typeof command === 'string' ? command : JSON.stringify(command),
      headers: { 'content-type': 'application/json', 'x-amz-log-type': 'Tail' },
    });
    const ms = performance.now() - began;
    const body = answer.body.toString();
    assert.equal(answer.status, 200, body.slice(0, 2000));
    const header = (of: string): string | undefined => answer.headers[of]?.toString();
    return {
      requestId: header('x-amzn-requestid') ?? '',
      functionError: header('x-amz-function-error'),
      body,
      tail: Buffer.from(header('x-amz-log-result') ?? '', 'base64').toString(),
      ms,
    };
  }

  /** The value that `command` returns; fails with any other outcome. */
  async result(name: ParityFunction, command: Command | string): Promise<unknown> {
    const called = await this.call(name, command);
    assert.equal(called.functionError, undefined, `${called.body.slice(0, 2000)}\n${called.tail}`);
    return JSON.parse(called.body) as unknown;
  }

  /** The error document that `command` ends with; fails with any other outcome. */
  async error(name: ParityFunction, command: Command): Promise<ErrorDocument> {
    const called = await this.call(name, command);
    assert.equal(called.functionError, 'Unhandled', `${called.body.slice(0, 2000)}\n${called.tail}`);
    return JSON.parse(called.body) as ErrorDocument;
  }

  /** Sends `command` as the body of a request to the function's own address. */
  request(name: ParityFunction, command: Command): Promise<HttpAnswer> {
    return http(`${this.session.url}/${name}`, {
      method: 'POST',
      body: JSON.stringify(command),
      headers: { 'content-type': 'application/json' },
    });
  }

  /** The same, with the time at which each piece of the answer came (ms after the request). */
  streamed(name: ParityFunction, command: Command): Promise<Streamed> {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const asked = request(`${this.session.url}/${name}`, { method: 'POST', agent: false }, (answer) => {
        const pieces: { text: string; ms: number }[] = [];
        answer.on('data', (chunk: Buffer) => pieces.push({ text: chunk.toString(), ms: performance.now() - began }));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, pieces }));
      });
      asked.setHeader('content-type', 'application/json');
      asked.on('error', reject);
      asked.end(JSON.stringify(command));
    });
  }
}
