import { Command, type Interfaces } from '@oclif/core';
import { commandContext, type CommandContext, type GlobalFlagValues } from './command-context.ts';
import type { InstalledConfig } from './command-class.ts';
import { GLOBAL_FLAGS } from './fast/flag-table.ts';
import { oclifFlags } from './oclif-flags.ts';

/** Base of all commands: has the global flags and passes errors unchanged to the one renderer. */
export abstract class LamCommand extends Command {
  static override baseFlags = oclifFlags(GLOBAL_FLAGS);

  /** Runs the command and resolves with the exit code. */
  abstract override run(): Promise<number>;

  /** Standard input carries an event or belongs to a script; oclif would use it as the first omitted argument. */
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

  /** Returns output, folders and access to the daemon according to the global flags. */
  protected context(flags: GlobalFlagValues): CommandContext {
    return commandContext(flags, (this.config as InstalledConfig).installation, process.env);
  }
}
