import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Args, Flags, Parser } from '@oclif/core';
import { usageFault } from '../../../src/cli/render/usage-error.ts';

const COMMAND = {
  args: {
    function: Args.string({ required: true, ignoreStdin: true }),
    shell: Args.string({ required: true, options: ['bash', 'zsh'], ignoreStdin: true }),
  },
  flags: {
    message: Flags.string(),
    weight: Flags.string({ multiple: true }),
    lines: Flags.integer({ min: 1 }),
    cors: Flags.boolean({ exclusive: ['cors-origin'] }),
    'cors-origin': Flags.string(),
    memory: Flags.integer({ char: 'm' }),
    sticky: Flags.string({ dependsOn: ['weight'] }),
  },
  strict: true,
};

/** What oclif's parser refuses, as one sentence of lam. */
async function faultOf(...argv: string[]): Promise<string> {
  try {
    await Parser.parse(argv, COMMAND);
  } catch (error) {
    return usageFault(error as Error, 'deploy');
  }
  return 'nothing is wrong';
}

describe('wrong words of a command', () => {
  for (const [argv, fault] of [
    [['hello', 'bash'], 'nothing is wrong'],
    [[], 'FUNCTION and SHELL (bash, zsh) are missing'],
    [['hello'], 'SHELL (bash, zsh) is missing'],
    [['hello', 'bash', '--mesage', 'x'], 'there is no flag --mesage (did you mean --message?)'],
    [['hello', 'bash', '--frobnicate'], 'there is no flag --frobnicate'],
    [['hello', 'bash', '--lines', 'many'], "--lines: 'many' is not a whole number"],
    [['hello', 'bash', '-m', 'more words'], "--memory: 'more words' is not a whole number (did you mean --message?)"],
    [['hello', 'bash', '--sticky', 'x-user'], '--sticky needs --weight'],
    [['hello', 'bash', '--lines', '0'], "--lines takes a whole number greater than or equal to 1, not '0'"],
    [['hello', 'bash', '--cors', '--cors-origin', 'x'], 'give --cors-origin or --cors, not both'],
    [['hello', 'bash', 'more'], 'unexpected argument: more'],
    [['hello', 'fish'], 'expected fish to be one of: bash, zsh'],
  ] as const)
    test(`${['lam', ...argv].join(' ')}: ${fault}`, async () => {
      assert.equal(await faultOf(...argv), fault);
    });
});
