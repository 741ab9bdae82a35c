import { Flags } from '@oclif/core';
import { GC_KEEP, type GcRequest } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderGc, versionList } from '../render/disk.ts';
import { confirm } from '../services/confirm.ts';

export default class Gc extends LamCommand {
  static override summary = 'Delete old versions and free what no kept version uses.';
  static override description =
    'Keeps the newest versions of every function, and always the live one and those an alias points at. Asks first on a terminal if it would delete versions, to which `lam rollback` could go.';
  static override flags = {
    keep: Flags.integer({
      summary: 'Newest versions to keep per function; the live one and aliased ones are always kept.',
      default: GC_KEEP,
      min: 0,
      helpValue: 'N',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Delete without asking.' }),
    'dry-run': Flags.boolean({ summary: 'Print what would be deleted and delete nothing.' }),
  };
  static override examples = [
    { description: 'Print what would be deleted', command: '<%= config.bin %> gc --keep 3 --dry-run' },
    { description: 'Delete it', command: '<%= config.bin %> gc --keep 3 --yes' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Gc);
    const { out, client } = this.context(flags);
    const daemon = await client();
    const { keep, yes, 'dry-run': dryRun } = flags;
    let only: GcRequest['only'];
    if (!yes && !dryRun) {
      const { versions } = await daemon.daemon.gc({ keep, dryRun: true });
      if (versions.length > 0)
        await confirm(out, `deleting ${versionList(versions)}, to which you could roll back`, '--yes');
      // Not those that a deploy makes old while the user thinks.
      only = versions;
    }
    const answer = await daemon.daemon.gc({
      keep,
      ...(dryRun ? { dryRun } : {}),
      ...(only === undefined ? {} : { only }),
    });
    out.result(answer, () => renderGc(answer, dryRun));
    return EXIT.ok;
  }
}
