import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderFunction } from '../render/functions.ts';
import { targetName } from '../services/target.ts';

export default class Describe extends LamCommand {
  static override summary = 'Show everything about one function.';
  static override description =
    'URL, live version, aliases, settings and sandboxes. Values of environment variables are only shown by `lam env list`.';
  static override aliases = ['info', 'inspect', 'get'];
  static override args = {
    function: FUNCTION_ARG,
  };
  static override examples = [
    { description: 'The function of the project in this folder', command: '<%= config.bin %> describe' },
    { description: 'Its URL alone', command: '<%= config.bin %> describe hello --json | jq -r .data.url' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Describe);
    const { out, cwd, client } = this.context(flags);
    const name = await targetName(args.function, cwd, 'describe');
    const detail = await (await client()).describe(name);
    out.result(detail, () => renderFunction(detail, Date.now(), out.color));
    return EXIT.ok;
  }
}
