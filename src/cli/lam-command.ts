import { Command } from '@oclif/core';
import { commandContext, type CommandContext, type GlobalFlagValues } from './command-context.ts';
import { GLOBAL_FLAGS } from './fast/flag-table.ts';
import type { LamConfig } from './lam-config.ts';
import { oclifFlags } from './oclif-flags.ts';

/** What all commands share: the global flags, and errors that reach the one renderer untouched. */
export abstract class LamCommand extends Command {
  static override baseFlags = oclifFlags(GLOBAL_FLAGS);

  /** Does the work and resolves with the exit code. */
  abstract override run(): Promise<number>;

  /** Output, folders and the daemon, as the global flags say. */
  protected context(flags: GlobalFlagValues): CommandContext {
    return commandContext(flags, (this.config as LamConfig).installation, process.env);
  }
}

/** A concrete command. */
export interface LamCommandClass {
  new (argv: string[], config: LamConfig): LamCommand;
  id: string;
}
