import { Args, Flags } from '@oclif/core';

/** The argument that names a function, where the project in the current folder is meant without it. */
export const FUNCTION_ARG = Args.string({
  description: 'Name of the function; default: the project in the current folder.',
});

/** The flag of commands whose change the history keeps. */
export const MESSAGE_FLAG = Flags.string({ summary: 'Why, for the history.', helpValue: 'TEXT' });
