import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderDf } from '../render/disk.ts';

export default class Df extends LamCommand {
  static override summary = 'Show disk usage.';
  static override description =
    'Files that versions share are counted once in the total; "if copied" is what a function would take if nothing were shared.';
  static override examples = [
    { description: 'All of it', command: '<%= config.bin %> df' },
    {
      description: 'What lam gc would free now, in bytes',
      command: '<%= config.bin %> df --json | jq .data.reclaimable',
    },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Df);
    const { out, client } = this.context(flags);
    const answer = await (await client()).daemon.df();
    out.result(answer, () => renderDf(answer, out.width));
    return EXIT.ok;
  }
}
