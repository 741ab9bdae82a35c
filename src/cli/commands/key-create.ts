import { Args, Flags } from '@oclif/core';
import { API_KEY_ROLES } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { QUOTA_FLAG, quotaOf } from '../quota-flag.ts';

export default class KeyCreate extends LamCommand {
  static override summary = "Create an API key for routes with `auth: api-key`, or for Glambdar's API.";
  static override description =
    'Prints the key, which is shown once: lam keeps only its hash. Callers send it in the header X-Api-Key.';
  static override args = {
    name: Args.string({ description: 'Name of the key, for instance its user.', required: true }),
  };
  static override flags = {
    days: Flags.integer({
      helpValue: 'N',
      summary: 'Days until it is refused; by default it is accepted until revoked.',
    }),
    quota: QUOTA_FLAG,
    role: Flags.option({ options: API_KEY_ROLES })({
      summary: "What it allows at Glambdar's API, where alone it is accepted then.",
    }),
  };
  static override examples = [
    { description: 'A key for one user', command: '<%= config.bin %> key create shop' },
    { description: 'One for a month, in a variable', command: 'KEY=$(<%= config.bin %> key create trial --days 30)' },
    { description: "One for deploys by Glambdar's API", command: '<%= config.bin %> key create ci --role deployer' },
    { description: 'At most 1000 requests a day', command: '<%= config.bin %> key create partner --quota 1000' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(KeyCreate);
    const { out, by, client } = this.context(flags);
    const { days, role = null } = flags;
    const quota = flags.quota === undefined ? null : quotaOf(flags.quota, 'key create');
    const created = await (
      await client()
    ).createApiKey({ name: args.name, by, ...(days === undefined ? {} : { days }), quota, role });
    out.result(created, () => created.key);
    out.note(`created '${created.name}'; the key is not shown again`);
    return EXIT.ok;
  }
}
