import { Args } from '@oclif/core';
import type { UpdateApiKeyRequest } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { KEY_FLAGS, lifetimeOf, listOf, scopesOf } from '../key-flags.ts';
import { LamCommand } from '../lam-command.ts';
import { QUOTA_FLAG, quotaOf } from '../quota-flag.ts';
import { keyText } from '../render/api-keys.ts';

export default class KeyUpdate extends LamCommand {
  static override summary = 'Change scopes, functions, end or quota of an API key, from the next request on.';
  static override description =
    'What is not given stays, and so does the key itself. What it has used today counts against a new quota, too.';
  static override args = { name: Args.string({ description: 'Name of the key.', required: true }) };
  static override flags = { ...KEY_FLAGS, quota: QUOTA_FLAG };
  static override examples = [
    { description: 'Let it read and invoke alone', command: '<%= config.bin %> key update ci --scope read,invoke' },
    {
      description: 'For some functions, for a week',
      command: "<%= config.bin %> key update ci --function 'orders-*' --expires 1w",
    },
    { description: 'At most 5000 requests a day', command: '<%= config.bin %> key update shop --quota 5000' },
    { description: 'Refuse all at routes for now', command: '<%= config.bin %> key update shop --quota 0' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(KeyUpdate);
    const command = 'key update';
    const { quota, scope, expires } = flags;
    const change: UpdateApiKeyRequest = {
      ...(quota === undefined ? {} : { quota: quotaOf(quota, command) }),
      ...(scope === undefined ? {} : { scopes: scopesOf(scope, command) }),
      ...(flags.function === undefined ? {} : { functions: listOf(flags.function) }),
      ...(expires === undefined ? {} : { lifetimeMs: lifetimeOf(expires, command) }),
    };
    if (Object.keys(change).length === 0)
      throw lamError('LAM_CLI_USAGE', { what: 'give --scope, --function, --expires or --quota', command });
    const { out, client } = this.context(flags);
    const changed = await (await client()).keys.update(args.name, change);
    out.result(changed, () => `${changed.name}: ${keyText(changed, Date.now())}`);
    return EXIT.ok;
  }
}
