import { Args, Flags } from '@oclif/core';

/** The optional argument that names a function; default: the project in the current folder. */
export const FUNCTION_ARG = Args.string({
  description: 'Name of the function; default: the project in the current folder.',
});

/** The flag `--message` of commands whose changes the history records. */
export const MESSAGE_FLAG = Flags.string({ summary: 'Why, for the history.', helpValue: 'TEXT' });
