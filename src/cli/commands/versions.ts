import { Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderHistory, renderVersions } from '../render/versions.ts';
import { shownVersion } from '../render/without-values.ts';
import { targetName } from '../services/target.ts';

export default class Versions extends LamCommand {
  static override summary = 'List the versions of a function.';
  static override description =
    'Newest first, the live one marked; with --history also who moved the live pointer or an alias, when and why.';
  static override args = {
    function: FUNCTION_ARG,
  };
  static override flags = {
    history: Flags.boolean({ summary: 'Also list the moves of the live pointer and of aliases.' }),
  };
  static override examples = [
    { description: 'The versions of a function', command: '<%= config.bin %> versions hello' },
    { description: 'Who rolled back what', command: '<%= config.bin %> versions hello --history' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Versions);
    const { out, cwd, client } = this.context(flags);
    const detail = await (await client()).functions.get(await targetName(args.function, cwd, 'versions'));
    const now = Date.now();
    const { name, live, aliases, history } = detail;
    const versions = detail.allVersions.map((version) => shownVersion(version));
    out.result({ name, live, aliases, versions, ...(flags.history ? { history } : {}) }, () => {
      const shown = renderVersions(detail, now, out.color, out.width);
      return flags.history ? `${shown}\n\n${renderHistory(history, now, out.width)}` : shown;
    });
    return EXIT.ok;
  }
}
