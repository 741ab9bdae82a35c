import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { aliasTargetText } from '../render/alias.ts';
import { safe, table } from '../render/table.ts';
import { targetName } from '../services/target.ts';

export default class AliasList extends LamCommand {
  static override summary = 'List the aliases of a function.';
  static override description = 'An alias is a name that points at a version; FUNCTION:ALIAS invokes that version.';
  static override args = {
    function: FUNCTION_ARG,
  };
  static override examples = [
    { description: 'All aliases', command: '<%= config.bin %> alias list hello' },
    { description: 'As JSON', command: '<%= config.bin %> alias list hello --json' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(AliasList);
    const { out, cwd, client } = this.context(flags);
    const { aliases, aliasRouting } = await (
      await client()
    ).functions.get(await targetName(args.function, cwd, 'alias list'));
    const rows = Object.entries(aliases).map(([alias, version]) => ({ alias, version, ...aliasRouting[alias] }));
    out.result(rows, () =>
      table(
        rows,
        [
          { heading: 'ALIAS', cell: (row) => safe(row.alias), least: 20 },
          { heading: 'VERSION', cell: ({ alias, version }) => aliasTargetText(version, aliasRouting[alias]) },
        ],
        out.width,
      ),
    );
    return EXIT.ok;
  }
}
