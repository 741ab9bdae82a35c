import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { confirm } from '../services/confirm.ts';
import { targetFunction, versionOf } from '../services/target.ts';

export default class Delete extends LamCommand {
  static override summary = 'Delete a function, or one version of it.';
  static override description =
    'FUNCTION deletes it with all versions, aliases and logs; FUNCTION@VERSION deletes that version. Asks first on a terminal.';
  static override aliases = ['remove', 'rm'];
  static override args = { function: Args.string({ description: 'FUNCTION or FUNCTION@VERSION.', required: true }) };
  static override flags = { yes: Flags.boolean({ char: 'y', summary: 'Delete without asking.' }) };
  static override examples = [
    { description: 'Delete a function', command: '<%= config.bin %> delete hello --yes' },
    { description: 'Delete one version', command: '<%= config.bin %> delete hello@2 --yes' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Delete);
    const { out, cwd, client } = this.context(flags);
    const { name, qualifier } = await targetFunction(args.function, cwd, 'delete');
    const version = qualifier === undefined ? undefined : versionOf(qualifier);
    const daemon = await client();
    // Checked first: no confirmation is requested for something that does not exist.
    await daemon.functions.get(name);
    const what = version === undefined ? `deleting '${name}' with all its versions` : `deleting '${name}' v${version}`;
    if (!flags.yes) await confirm(out, what, '--yes');
    if (version === undefined) await daemon.functions.delete(name);
    else await daemon.versions.delete(name, version);
    out.result(
      { name, ...(version === undefined ? {} : { version }) },
      () => `deleted ${name}${version === undefined ? '' : ` v${version}`}`,
    );
    return EXIT.ok;
  }
}
