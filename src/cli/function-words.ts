import { Args, Flags } from '@oclif/core';

/** The optional argument that names a function; default: the project in the current folder. */
export const FUNCTION_ARG = Args.string({
  description: 'Name of the function; default: the project in the current folder.',
});

/** The optional argument that names a schedule of the function. */
export const SCHEDULE_ARG = Args.string({
  description: 'Name of the schedule, as `lam schedule list` shows it; default: the only one of the function.',
});

/** The optional argument that names a trigger; default: the function's only one. */
export const TRIGGER_ARG = Args.string({
  description: "Name of the trigger, or TYPE:NAME; default: the function's only one.",
});

/** The flag `--no-verify` of commands after which another version answers. */
export const NO_VERIFY_FLAG = Flags.boolean({ summary: 'Go live without loading the code in a sandbox first.' });

/** The flag `--message` of commands whose changes the history records. */
export const MESSAGE_FLAG = Flags.string({ summary: 'Why, for the history.', helpValue: 'TEXT' });
