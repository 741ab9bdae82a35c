import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { configure } from '../services/configure.ts';
import { ENV_FILE_FLAG, readEnvFiles } from '../services/env-file.ts';
import { parsePairs } from '../services/environment.ts';

export default class EnvSet extends LamCommand {
  static override summary = 'Set environment variables of a function without deploying it.';
  static override description =
    'Publishes a new version of the same code and makes it live. What is set here takes precedence over lam.yaml, in later deploys too, until `lam env unset`.';
  static override strict = false;
  static override args = {
    function: Args.string({
      description: 'Name of the function (default: the project in the current folder), then one or more KEY=VALUE.',
    }),
  };
  static override flags = { 'env-file': ENV_FILE_FLAG, message: MESSAGE_FLAG, 'no-verify': NO_VERIFY_FLAG };
  static override usage = usageWith('env set [FUNCTION] KEY=VALUE...', EnvSet.flags);
  static override examples = [
    { description: 'One variable', command: '<%= config.bin %> env set hello GREETING=hi' },
    { description: 'Two, of the project in this folder', command: '<%= config.bin %> env set GREETING=hi TONE=warm' },
    { description: 'From a file', command: '<%= config.bin %> env set hello --env-file .env' },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(EnvSet);
    const words = argv as string[];
    const context = this.context(flags);
    const variables = await readEnvFiles(flags['env-file'], context.cwd);
    if (words.length === 0 && variables === undefined)
      throw lamError('LAM_CLI_USAGE', { what: 'give variables: KEY=VALUE, or --env-file FILE', command: 'env set' });
    const isNamed = (words.length > 1 || variables !== undefined) && words[0]?.includes('=') === false;
    await configure(context, { command: 'env set', words, isNamed, flags }, (rest) => ({
      setEnvironment: { ...variables, ...parsePairs(rest) },
    }));
    return EXIT.ok;
  }
}
