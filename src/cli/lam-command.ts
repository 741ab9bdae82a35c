import { Command, type Interfaces } from '@oclif/core';
import { commandContext, type CommandContext, type GlobalFlagValues } from './command-context.ts';
import type { InstalledConfig } from './command-class.ts';
import { GLOBAL_FLAGS } from './fast/flag-table.ts';
import { oclifFlags } from './oclif-flags.ts';

/** What all commands share: the global flags, and errors that reach the one renderer untouched. */
export abstract class LamCommand extends Command {
  static override baseFlags = oclifFlags(GLOBAL_FLAGS);

  /** Does the work and resolves with the exit code. */
  abstract override run(): Promise<number>;

  /** Standard input is an event or a script's own: oclif would take it for the first argument that is left out. */
  protected override parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const args = Object.fromEntries(
      Object.entries(options.args ?? {}).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]),
    );
    const { baseFlags } = options;
    return super.parse<F, B, A>(
      { ...options, ...(baseFlags === undefined ? {} : { baseFlags }), args: args as Interfaces.ArgInput<A> },
      argv,
    );
  }

  /** Output, folders and the daemon, as the global flags say. */
  protected context(flags: GlobalFlagValues): CommandContext {
    return commandContext(flags, (this.config as InstalledConfig).installation, process.env);
  }
}
