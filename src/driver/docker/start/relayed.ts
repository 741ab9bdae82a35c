import { posix } from 'node:path';
import { RELAY_ADDRESS, type ExitStatus, type RuntimeApi, type SessionHooks } from '../../../executor/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { SandboxSpec } from '../../sandbox.ts';
import { extensionEnvironment } from '../../shared/environment.ts';
import { ExtensionPrograms } from '../../shared/extension-programs.ts';
import { EXTENSIONS, OPT } from '../../shared/layers.ts';
import { sandboxSocket } from '../code/folders.ts';
import { Relay, type Launch, type RelayProgram } from '../container/relay.ts';
import type { CallSocket } from '../container/call-socket.ts';
import { firstWord, type Started } from '../container/start-container.ts';
import type { ContainerStartContext } from './context.ts';
import type { Making } from './making.ts';
import { openApi } from './open-api.ts';
import { callsVariable, openCalls } from './open-calls.ts';

/** Variables of containers that AWS keeps from extensions. */
const NOT_FOR_EXTENSIONS = { LAMBDA_TASK_ROOT: null, LAMBDA_RUNTIME_DIR: null, _HANDLER: null };

interface RelayedParts {
  readonly api: RuntimeApi;
  readonly relay: Relay;
  readonly folder: string;
  readonly calls: CallSocket | undefined;
  readonly clock: Clock;
}

/** The Runtime API of one container, and the relay in it, which starts its programs. */
export class Relayed {
  readonly api: RuntimeApi;
  readonly relay: Relay;
  /** Folder of the sockets, on this machine. */
  readonly folder: string;
  /** Undefined where calls of other functions are not served. */
  readonly calls: CallSocket | undefined;
  /** Undefined before they are started, and without any. */
  extensions: ExtensionPrograms | undefined;
  readonly #clock: Clock;
  readonly #codeEnded = Promise.withResolvers<ExitStatus>();
  #names: readonly string[] = [];
  #code: RelayProgram | undefined;
  #started: Started | undefined;

  private constructor({ api, relay, folder, calls, clock }: RelayedParts) {
    this.api = api;
    this.relay = relay;
    this.folder = folder;
    this.calls = calls;
    this.#clock = clock;
  }

  /**
   * Opens what the container of a sandbox dials. Rejects with `LAM_EXECUTOR_LISTEN_FAILED`.
   * @param hooks of the API's session
   */
  static async open(context: ContainerStartContext, making: Making, hooks: SessionHooks): Promise<Relayed> {
    const { clock, folders } = context;
    const { spec, undo, left } = making;
    const socketsOf = left?.id ?? spec.id;
    const deliver: Relay['deliver'] = (to, batch) => relay.deliver(to, batch);
    const { api, folder } = await openApi(context, { id: spec.id, socketsOf, deliver }, hooks, undo);
    const relay = await Relay.listen(sandboxSocket(folders, socketsOf, 'relay.sock').path, clock);
    undo.push(() => relay.close());
    relay.onOutput = {
      code: () => undefined,
      extension: (stream, chunk) => api.extensionOutput(stream, chunk),
    };
    const calls = await openCalls(context, socketsOf, undo);
    return new Relayed({ api, relay, folder, calls, clock });
  }

  /** Variables by which the relay finds its sockets, which are in `folder` as the container sees it. */
  environment(folder: string): Readonly<Record<string, string>> {
    return {
      LAM_API_SOCKET: `${folder}/api.sock`,
      LAM_RELAY_SOCKET: `${folder}/relay.sock`,
      ...callsVariable(this.calls, folder),
    };
  }

  /** Resolves when the relay serves the API. Rejects with `LAM_DRIVER_START_FAILED` when it does not connect. */
  async ready(started: Started, functionName: SandboxSpec['functionName']): Promise<void> {
    this.#started = started;
    const { relay, api } = this;
    started.output.alsoUntil(relay.gone);
    relay.onOutput = {
      code: (stream, chunk) => started.output.receive(stream, chunk),
      extension: (stream, chunk) => api.extensionOutput(stream, chunk),
    };
    this.#names = await firstWord(relay.ready, started, this.#clock, functionName);
    api.extensions.expect(this.#names);
  }

  /** Settles with the end of the code beside extensions, where the container goes on. */
  get codeEnded(): Promise<ExitStatus> {
    return this.#codeEnded.promise;
  }

  /** Starts the external extensions, if there are any; resolves when all have registered or one has failed. */
  async startExtensions({
    environment,
    runtime,
    limits,
  }: Pick<SandboxSpec, 'environment' | 'runtime' | 'limits'>): Promise<void> {
    if (this.#names.length === 0) return;
    const own = extensionEnvironment(environment, RELAY_ADDRESS);
    const ofRuntime = runtime.descriptor.environment(limits.memoryMiB);
    const launch = (name: string): Launch => ({
      command: [posix.join(OPT, EXTENSIONS, name)],
      cwd: '/',
      environment: { ...NOT_FOR_EXTENSIONS, ...ofRuntime, ...own },
    });
    this.extensions = await ExtensionPrograms.start({
      api: this.api,
      clock: this.#clock,
      names: this.#names,
      start: (name) => Promise.resolve(this.relay.start(launch(name), 'extension')),
    });
    await this.extensions.registered();
  }

  /** Starts the code. `output`: where what it prints goes. */
  startCode(launch: Launch, output: 'code' | 'container'): void {
    const program = this.relay.start(launch, output);
    this.#code = program;
    void program.ended.then(({ code, signal, memoryKills }) => {
      const isKnown = code !== null || signal !== null;
      if (isKnown && this.#started !== undefined)
        this.#codeEnded.resolve(this.#started.output.statusOf({ code, signal }, memoryKills));
    });
  }

  /** Kills the code, and not its extensions; resolves when it has ended. */
  async killCode(): Promise<void> {
    this.#code?.kill('SIGKILL');
    await this.#code?.ended;
  }
}
