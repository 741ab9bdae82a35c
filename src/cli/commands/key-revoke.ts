import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';

export default class KeyRevoke extends LamCommand {
  static override summary = 'Revoke an API key: it is refused from the next request on.';
  static override description = 'Its name may be used again, for a key of its own.';
  static override args = { name: Args.string({ description: 'Name of the key.', required: true }) };
  static override examples = [
    { description: 'Revoke a key', command: '<%= config.bin %> key revoke shop' },
    {
      description: 'Replace one that leaked',
      command: '<%= config.bin %> key revoke shop && <%= config.bin %> key create shop',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(KeyRevoke);
    const { out, client } = this.context(flags);
    const revoked = await (await client()).keys.revoke(args.name);
    out.result(revoked, () => `revoked ${revoked.name} (${revoked.prefix}...)`);
    return EXIT.ok;
  }
}
