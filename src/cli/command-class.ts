import type { Command, Config } from '@oclif/core';
import type { Installation } from './installation.ts';

/** oclif's configuration, with how this copy of lam is installed. */
export interface InstalledConfig extends Config {
  readonly installation: Installation;
}

/** A concrete command. `run` resolves with the exit code. */
export interface LamCommandClass {
  new (argv: string[], config: InstalledConfig): Command;
  id: string;
}
