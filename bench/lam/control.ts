import { createHash } from 'node:crypto';
import {
  ARTIFACT_CONTENT_TYPE,
  CONTROL,
  type AsyncInvocation,
  type AsyncPage,
  type ConfigInput,
  type CreateApiKeyAnswer,
  type Digest,
  type Manifest,
  type PlanAnswer,
  digestOf,
  knownFunctionName,
} from '../../src/contract/index.ts';
import type { PublishAnswer, RollbackAnswer, Status } from '../../src/contract/index.ts';
import { Connection } from '../load/connection.ts';
import { requestBytes } from '../load/target.ts';
import { zipOf, type Files } from './zip.ts';

/** A deploy and its duration in the daemon. */
export interface Deployed {
  readonly version: number;
  /** Sum of the durations of its requests (ms). */
  readonly daemonMs: number;
}

const HANDLER = 'index.handler';

/** The daemon's control API over its Unix socket: only the requests that the command makes. */
export class Control {
  readonly #path: string;
  #connection: Connection;

  private constructor(path: string, connection: Connection) {
    this.#path = path;
    this.#connection = connection;
  }

  static async open(socketPath: string): Promise<Control> {
    return new Control(socketPath, await Connection.open({ path: socketPath }));
  }

  close(): void {
    this.#connection.close();
  }

  status(): Promise<Status> {
    return this.#ask('GET', CONTROL.status);
  }

  /**
   * Plans, uploads the missing files, and publishes the next version, as `lam deploy` does. Without `verify` no sandbox
   * loads the code before it goes live, so that the first request starts one.
   */
  async deploy(name: string, files: Files, config: ConfigInput = {}, verify = false): Promise<Deployed> {
    const manifest = manifestOf(files);
    const upload = uploadOf(manifest, zipOf(files));
    let daemonMs = 0;
    const timed = async <T>(request: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const answer = await request();
      daemonMs += performance.now() - began;
      return answer;
    };
    const plan = await timed(() => this.#ask<PlanAnswer>('POST', CONTROL.artifactPlan, JSON.stringify(manifest)));
    if (!plan.known) await timed(() => this.#ask('POST', CONTROL.artifacts, upload, ARTIFACT_CONTENT_TYPE));
    const version = await timed(() =>
      this.publish(name, plan.artifact, { runtime: 'nodejs', handler: HANDLER, ...config }, verify),
    );
    return { version, daemonMs };
  }

  /** Publishes the next version of `name`, of code that the daemon has; resolves with its number. */
  async publish(name: string, artifact: Digest, config: ConfigInput, verify = false): Promise<number> {
    const request = JSON.stringify({ artifact, config, verify });
    const { version } = await this.#ask<PublishAnswer>('POST', CONTROL.versions(knownFunctionName(name)), request);
    return version;
  }

  /** Moves the live pointer back to the version that was live before. */
  async rollback(name: string): Promise<Deployed> {
    const began = performance.now();
    const { to } = await this.#ask<RollbackAnswer>('POST', CONTROL.rollback(knownFunctionName(name)), '{}');
    return { version: to, daemonMs: performance.now() - began };
  }

  /** Whether an asynchronous invocation of any function is in this state. */
  async hasInvocation(state: 'PENDING' | 'RUNNING'): Promise<boolean> {
    const page = await this.#ask<AsyncPage>('GET', `${CONTROL.invocations}?state=${state}&limit=1`);
    return page.invocations.length > 0;
  }

  /** An asynchronous invocation by its request id. */
  invocation(id: string): Promise<AsyncInvocation> {
    return this.#ask('GET', CONTROL.invocation(id));
  }

  /** Pauses or resumes a trigger. */
  async pauseTrigger(name: string, type: string, trigger: string, isPaused: boolean): Promise<void> {
    await this.#ask('POST', CONTROL.trigger(knownFunctionName(name), type, trigger, isPaused ? 'pause' : 'resume'));
  }

  /** Makes a key that invokes, and signs requests of AWS's clients. */
  async signingKey(name: string): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
    const request = JSON.stringify({ name, scopes: ['invoke'] });
    const { accessKeyId, secretAccessKey } = await this.#ask<CreateApiKeyAnswer>('POST', CONTROL.apiKeys, request);
    if (accessKeyId === null || secretAccessKey === null) throw new Error('the key does not sign');
    return { accessKeyId, secretAccessKey };
  }

  async remove(name: string): Promise<void> {
    await this.#ask('DELETE', CONTROL.function(knownFunctionName(name)));
  }

  /** The newest `lines` records of a function, as lines of JSON; without `lines` all of them. */
  async logs(name: string, lines?: number): Promise<string> {
    const query = lines === undefined ? '' : `?lines=${lines}`;
    return this.#text('GET', `${CONTROL.logs(knownFunctionName(name))}${query}`);
  }

  async #ask<T>(method: string, path: string, body: string | Uint8Array = '', type?: string): Promise<T> {
    return JSON.parse(await this.#text(method, path, body, type)) as T;
  }

  async #text(method: string, path: string, body: string | Uint8Array = '', type?: string): Promise<string> {
    // The daemon closes connections that are idle for a minute.
    if (!this.#connection.isOpen) this.#connection = await Connection.open({ path: this.#path });
    const answer = await this.#connection.exchange(requestBytes(method, path, body, type));
    if (answer.status !== 200)
      throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.body.toString()}`);
    return answer.body.toString();
  }
}

function manifestOf(files: Files): Manifest {
  const entries = Object.entries(files).map(([path, text]) => {
    const digest = digestOf(createHash('sha256').update(text));
    return { path, kind: 'file' as const, digest, size: Buffer.byteLength(text), executable: false };
  });
  return { entries: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

function uploadOf(manifest: Manifest, zip: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(manifest));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, zip]);
}
