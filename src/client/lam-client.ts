import {
  homeFrom,
  socketPath,
  type ArtifactAnswer,
  type Plain,
  type PublishAnswer,
  type PublishBody,
} from '../contract/index.ts';
import { isLamError, lamError } from '../errors/index.ts';
import { artifactCalls, layerCalls, type ArtifactCalls, type LayerCalls } from './calls/artifacts.ts';
import type { Calls } from './calls/calls.ts';
import { daemonCalls, type DaemonCalls } from './calls/daemon.ts';
import { configCalls, functionCalls, type ConfigCalls, type FunctionCalls } from './calls/functions.ts';
import { deadLetterCalls, invocationCalls, type DeadLetterCalls, type InvocationCalls } from './calls/invocations.ts';
import { apiKeyCalls, auditCalls, logCalls, type ApiKeyCalls, type AuditCalls, type LogCalls } from './calls/keys.ts';
import { triggerCalls, type TriggerCalls } from './calls/triggers.ts';
import { aliasCalls, versionCalls, type AliasCalls, type VersionCalls } from './calls/versions.ts';
import { answered, content, ndjson, open, type Ask, type CallOptions, type ApiAddress } from './transport.ts';

/** Where a client finds its daemon. */
export interface LamClientOptions {
  /** Base URL of the HTTP port; without it the daemon of a home on this machine is asked. */
  readonly url?: string;
  /** The daemon's token or a key, for `url`. */
  readonly token?: string;
  /** Default: `LAM_HOME`, or `~/.lam`. */
  readonly home?: string;
  /** Path of the Unix socket; default: that of `home`. */
  readonly socketPath?: string;
}

/** Code and settings to make live. */
export type DeployRequest = Omit<Plain<PublishBody>, 'artifact' | 'config'> & {
  /** A zip of the code: the path of a file, or its bytes. */
  readonly zip: string | Uint8Array;
  readonly config?: Plain<PublishBody>['config'];
};

/**
 * A client of lam's own API: its resources, each with a method per operation. Connects only when called, and starts no
 * daemon. Every method rejects with the daemon's own LamError (`code`, `message`, `hint`), or with a `LAM_CLIENT_*` error.
 */
export class LamClient {
  readonly daemon: DaemonCalls;
  readonly functions: FunctionCalls;
  readonly config: ConfigCalls;
  readonly versions: VersionCalls;
  readonly aliases: AliasCalls;
  readonly logs: LogCalls;
  readonly triggers: TriggerCalls;
  readonly artifacts: ArtifactCalls;
  readonly layers: LayerCalls;
  readonly invocations: InvocationCalls;
  readonly deadLetters: DeadLetterCalls;
  readonly keys: ApiKeyCalls;
  readonly audit: AuditCalls;
  readonly #address: ApiAddress;
  readonly #tags = new WeakMap<object, string>();

  /** Throws `LAM_CLIENT_BAD_URL`. */
  constructor(options: LamClientOptions = {}) {
    this.#address = addressOf(options);
    const calls = this.#calls();
    this.daemon = daemonCalls(calls);
    this.functions = functionCalls(calls);
    this.config = configCalls(calls);
    this.versions = versionCalls(calls);
    this.aliases = aliasCalls(calls);
    this.logs = logCalls(calls);
    this.triggers = triggerCalls(calls);
    this.artifacts = artifactCalls(calls);
    this.layers = layerCalls(calls);
    this.invocations = invocationCalls(calls);
    this.deadLetters = deadLetterCalls(calls);
    this.keys = apiKeyCalls(calls);
    this.audit = auditCalls(calls);
  }

  /** Uploads a zip of code and makes it the live version of a function, which need not exist. */
  async deploy(
    name: string,
    { zip, config = {}, ...request }: DeployRequest,
    options: CallOptions = {},
  ): Promise<PublishAnswer> {
    const { signal } = options;
    const { artifact }: ArtifactAnswer = await this.artifacts.uploadZip(zip, signal === undefined ? {} : { signal });
    return this.versions.publish(name, { ...request, artifact, config }, options);
  }

  /** The ETag of an answer that this client returned, for `ifMatch` of a change; undefined for answers without one. */
  tagOf(answer: object): string | undefined {
    return this.#tags.get(answer);
  }

  #calls(): Calls {
    const reach = async (ask: Ask): ReturnType<typeof open> => reachable(this.#address, ask);
    const json = async <T>(ask: Ask): Promise<T> => {
      const { value, tag } = await answered(await reach(ask));
      if (tag !== undefined && typeof value === 'object' && value !== null) this.#tags.set(value, tag);
      return value as T;
    };
    return {
      ask: (method, path, options) => json({ method, path, ...options }),
      send: ({ method, path, value }, options) =>
        json({
          method,
          path,
          body: { type: 'application/json', content: Buffer.from(JSON.stringify(value)) },
          ...options,
        }),
      upload: (path, body, options) => json({ method: 'POST', path, body, ...options }),
      bytes: async (path, options) => content(await reach({ method: 'GET', path, ...options })),
      async *stream<T>(path: string, options: CallOptions = {}) {
        try {
          yield* ndjson<T>(await reach({ method: 'GET', path, ...options }));
        } catch (error) {
          // An abort by the caller is not a failure.
          if (options.signal?.aborted === true) return;
          if (isLamError(error)) throw error;
          throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: (error as Error).message }, error);
        }
      },
    };
  }
}

function addressOf({
  url,
  token,
  home = homeFrom(process.env),
  socketPath: socket = socketPath(home),
}: LamClientOptions): ApiAddress {
  if (url === undefined) return { socketPath: socket, home };
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) throw lamError('LAM_CLIENT_BAD_URL', { url });
  return { url: parsed, token };
}

/** System error codes which mean that no daemon listens. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);

async function reachable(address: ApiAddress, ask: Ask): ReturnType<typeof open> {
  try {
    return await open(address, ask);
  } catch (error) {
    if (isLamError(error) || ask.signal?.aborted === true) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (NOBODY.has(code) && 'home' in address)
      throw lamError('LAM_CLIENT_DAEMON_NOT_RUNNING', { home: address.home }, error);
    if ('url' in address && NOBODY.has(code))
      throw lamError('LAM_CLIENT_UNREACHABLE', { url: address.url.href, what: code }, error);
    throw lamError('LAM_CLIENT_CONNECTION_LOST', { what: message }, error);
  }
}
