import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { QUOTA_FLAG, quotaOf } from '../quota-flag.ts';
import { quotaText } from '../render/api-keys.ts';

export default class KeyUpdate extends LamCommand {
  static override summary = 'Change the quota of an API key, from the next request on.';
  static override description =
    'What the key has used today counts against the new quota, too. The key itself stays as it is.';
  static override args = { name: Args.string({ description: 'Name of the key.', required: true }) };
  static override flags = { quota: QUOTA_FLAG };
  static override examples = [
    { description: 'At most 5000 requests a day', command: '<%= config.bin %> key update shop --quota 5000' },
    { description: 'Any number', command: '<%= config.bin %> key update shop --quota none' },
    { description: 'Refuse all for now', command: '<%= config.bin %> key update shop --quota 0' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(KeyUpdate);
    if (flags.quota === undefined)
      throw lamError('LAM_CLI_USAGE', { what: '--quota is missing', command: 'key update' });
    const quota = quotaOf(flags.quota, 'key update');
    const { out, client } = this.context(flags);
    const changed = await (await client()).updateApiKey(args.name, { quota });
    out.result(changed, () => `${changed.name}: ${quotaText(changed)}`);
    return EXIT.ok;
  }
}
