import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { safe } from '../render/table.ts';
import { targetName } from '../services/target.ts';

export default class EnvList extends LamCommand {
  static override summary = 'Show the environment variables of a function, with their values.';
  static override description = 'The variables of the live version, from lam.yaml and `lam env set` together.';
  static override args = {
    function: FUNCTION_ARG,
  };
  static override examples = [
    { description: 'All variables', command: '<%= config.bin %> env list hello' },
    { description: 'As JSON', command: '<%= config.bin %> env list hello --json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(EnvList);
    const { out, cwd, client } = this.context(flags);
    const { config } = await (await client()).functions.get(await targetName(args.function, cwd, 'env list'));
    out.result(config.environment, () =>
      Object.entries(config.environment)
        .map(([key, value]) => safe(`${key}=${value}`))
        .join('\n'),
    );
    return EXIT.ok;
  }
}
