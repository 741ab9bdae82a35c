import type { Runtime } from '../../runtimes/index.ts';
import { CompiledClients } from '../shared/compiled-clients.ts';
import { Interpreters, type FoundInterpreter } from '../shared/interpreters.ts';

/** The interpreters of this machine, with lam's clients compiled for them. */
export class ReadyInterpreters {
  readonly #interpreters: Interpreters;
  readonly #clients: CompiledClients;

  /**
   * @param nodeCommand program and first arguments that run a Node program
   * @param assetsDir folder with the clients that descriptors name
   */
  constructor(nodeCommand: readonly string[], assetsDir: string) {
    this.#interpreters = new Interpreters(nodeCommand);
    this.#clients = new CompiledClients(assetsDir);
  }

  /**
   * Finds the interpreter of a runtime, and has it compile its client meanwhile; undefined for executables. Rejects as
   * {@link Interpreters.find} does.
   */
  async find({ version, descriptor: { entry } }: Runtime): Promise<FoundInterpreter | undefined> {
    if (entry.kind !== 'interpreter') return undefined;
    const found = await this.#interpreters.find(entry.interpreter, version);
    void this.#clients.compile(entry, found.command);
    return found;
  }

  /** Resolves when nothing is being compiled. */
  settled(): Promise<void> {
    return this.#clients.settled();
  }
}
