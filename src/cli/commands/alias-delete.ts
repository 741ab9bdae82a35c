import { Args } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { given, targetName } from '../services/target.ts';
import { isAliasName } from '../../contract/index.ts';

export default class AliasDelete extends LamCommand {
  static override summary = 'Delete an alias.';
  static override description = 'The version it pointed at stays.';
  static override usage = 'alias delete [FUNCTION] ALIAS';
  static override args = {
    function: Args.string({
      description: 'Name of the function; left out, a single word is an alias of the project in the current folder.',
      required: true,
    }),
    alias: Args.string({ description: 'Name of the alias.' }),
  };
  static override flags = { message: MESSAGE_FLAG };
  static override examples = [
    { description: 'Of a function', command: '<%= config.bin %> alias delete hello prod' },
    { description: 'Of the project in this folder', command: '<%= config.bin %> alias delete prod' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(AliasDelete);
    const { out, by, cwd, client } = this.context(flags);
    const alias = args.alias ?? args.function;
    const name = await targetName(
      args.alias === undefined ? undefined : args.function,
      cwd,
      'alias delete',
      given(alias),
    );
    if (!isAliasName(alias)) throw lamError('LAM_REGISTRY_ALIAS_NOT_FOUND', { name, alias });
    await (
      await client()
    ).aliases.delete(name, alias, { by, ...(flags.message === undefined ? {} : { message: flags.message }) });
    out.result({ name, alias }, () => `deleted ${name}:${alias}`);
    return EXIT.ok;
  }
}
