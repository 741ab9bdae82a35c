import { Flags } from '@oclif/core';
import { GC_KEEP } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGc } from '../render/disk.ts';

export default class Gc extends LamCommand {
  static override summary = 'Delete old versions and free what no kept version uses.';
  static override description =
    'Keeps the newest versions of every function, and always the live one and those an alias points at.';
  static override flags = {
    keep: Flags.integer({
      summary: 'Newest versions to keep per function; the live one and aliased ones are always kept.',
      default: GC_KEEP,
      min: 0,
      helpValue: 'N',
    }),
    'dry-run': Flags.boolean({ summary: 'Print what would be deleted and delete nothing.' }),
  };
  static override examples = [
    { description: 'Print what would be deleted', command: '<%= config.bin %> gc --keep 3 --dry-run' },
    { description: 'Delete it', command: '<%= config.bin %> gc --keep 3' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Gc);
    const { out, client } = this.context(flags);
    const answer = await (await client()).gc({ keep: flags.keep, ...(flags['dry-run'] ? { dryRun: true } : {}) });
    out.result(answer, () => renderGc(answer, flags['dry-run']));
    return EXIT.ok;
  }
}
