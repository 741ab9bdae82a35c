import { Args, Flags } from '@oclif/core';
import { API_KEY_ROLES, type CreateApiKeyAnswer, type CreateApiKeyRequest } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { KEY_FLAGS, lifetimeOf, listOf, scopesOf } from '../key-flags.ts';
import { LamCommand } from '../lam-command.ts';
import type { Output } from '../output.ts';
import { QUOTA_FLAG, quotaOf } from '../quota-flag.ts';
import { rightsText } from '../render/api-keys.ts';

export default class KeyCreate extends LamCommand {
  static override summary = "Create an API key: with --scope for lam's APIs, else for routes with `auth: api-key`.";
  static override description =
    "Prints the key, which is shown once: lam keeps only its hash. Callers send it in the header X-Api-Key, or to APIs as a bearer token. A key with scopes also signs requests of AWS's clients, with the access key id and secret that are printed beside it.";
  static override args = {
    name: Args.string({ description: 'Name of the key, for instance its user.', required: true }),
  };
  static override flags = {
    ...KEY_FLAGS,
    days: Flags.integer({ helpValue: 'N', summary: 'Days until it ends; as --expires Nd.', exclusive: ['expires'] }),
    quota: QUOTA_FLAG,
    role: Flags.option({ options: API_KEY_ROLES })({
      summary: "A word for scopes that Glambdar's API has.",
      exclusive: ['scope'],
    }),
  };
  static override examples = [
    { description: 'A key of routes, for one user', command: '<%= config.bin %> key create shop' },
    {
      description: 'One that deploys some functions, for a month',
      command: "<%= config.bin %> key create ci --scope deploy,read --function 'orders-*' --expires 30d",
    },
    { description: 'One in a variable', command: 'KEY=$(<%= config.bin %> key create trial --scope invoke)' },
    {
      description: 'At most 1000 requests a day, at routes',
      command: '<%= config.bin %> key create partner --quota 1000',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(KeyCreate);
    const { out, by, client } = this.context(flags);
    const command = 'key create';
    const { days, role = null, scope, expires } = flags;
    const lifetimeMs = expires === undefined ? null : lifetimeOf(expires, command);
    const request: CreateApiKeyRequest = {
      name: args.name,
      by,
      role,
      quota: flags.quota === undefined ? null : quotaOf(flags.quota, command),
      ...(days === undefined ? {} : { days }),
      ...(lifetimeMs === null ? {} : { lifetimeMs }),
      ...(scope === undefined ? {} : { scopes: scopesOf(scope, command) }),
      ...(flags.function === undefined ? {} : { functions: listOf(flags.function) }),
    };
    const created = await (await client()).keys.create(request);
    out.result(created, () => created.key);
    noteCreated(out, created);
    return EXIT.ok;
  }
}

/** Says what the key is, beside the key itself, which scripts read. */
function noteCreated(out: Output, created: CreateApiKeyAnswer): void {
  const { name, accessKeyId, secretAccessKey } = created;
  if (accessKeyId !== null && secretAccessKey !== null && !out.json)
    out.note(`for AWS's clients:\n  AWS_ACCESS_KEY_ID=${accessKeyId}\n  AWS_SECRET_ACCESS_KEY=${secretAccessKey}`);
  out.note(`created '${name}' (${rightsText(created)}); it is not shown again`);
}
