import type Docker from 'dockerode';
import { EngineConnections } from './engine-connections.ts';

/** The engine's client: dockerode, which is loaded on first use. */
export class LazyEngine {
  readonly #socketPath: string;
  #docker: Promise<Docker> | undefined;
  #agent: EngineConnections | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  get(): Promise<Docker> {
    this.#docker ??= this.#load();
    return this.#docker;
  }

  /** Closes the connections. */
  close(): void {
    this.#agent?.destroy();
  }

  async #load(): Promise<Docker> {
    const { default: Dockerode } = await import('dockerode');
    this.#agent = new EngineConnections();
    // No API version: engines refuse versions too old or too new. `agent` is missing from the types.
    const options = { socketPath: this.#socketPath, agent: this.#agent };
    return new Dockerode(options);
  }
}
