import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { targetName, versionOf, aliasOf } from '../services/target.ts';

export default class AliasSet extends LamCommand {
  static override summary = 'Point an alias at a version.';
  static override description =
    'Creates or moves the alias. FUNCTION:ALIAS then invokes that version, whatever version is live.';
  static override usage = 'alias set [FUNCTION] ALIAS VERSION';
  static override args = {
    function: Args.string({
      description: 'Name of the function; left out, the project in the current folder.',
      required: true,
    }),
    alias: Args.string({ description: 'Name of the alias.', required: true }),
    version: Args.string({ description: 'Version: 3 or v3.' }),
  };
  static override flags = { message: MESSAGE_FLAG };
  static override examples = [
    { description: 'Point prod at version 3', command: '<%= config.bin %> alias set hello prod v3' },
    {
      description: 'The same inside the project',
      command: '<%= config.bin %> alias set prod v3 --message "release 1.2"',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(AliasSet);
    const { out, cwd, by, client } = this.context(flags);
    const words = [args.function, args.alias, args.version].filter((word): word is string => word !== undefined);
    const [alias, version] = words.slice(-2);
    if (alias === undefined || version === undefined)
      throw lamError('LAM_CLI_USAGE', { what: 'give an alias and a version', command: 'alias set' });
    const name = await targetName(words.length === 3 ? words[0] : undefined, cwd, 'alias set');
    const to = versionOf(version);
    const { notices } = await (
      await client()
    ).setAlias(name, aliasOf(alias), {
      version: to,
      by,
      ...(flags.message === undefined ? {} : { message: flags.message }),
    });
    out.result({ name, alias, version: to }, () => `${name}:${alias} -> v${to}`);
    for (const notice of notices) out.note(notice);
    return EXIT.ok;
  }
}
