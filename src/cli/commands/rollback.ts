import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG, MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderRolledBack } from '../render/published.ts';
import { given, looksLikeVersion, targetName, versionOf } from '../services/target.ts';
import { whileVerified } from '../services/verification.ts';

export default class Rollback extends LamCommand {
  static override summary = 'Make an earlier version live again.';
  static override description =
    'Without a version, to the one that was live before. The live version itself is no error: nothing changes. Nothing is built or copied; sandboxes of that version that are still warm are used at once. The history keeps who did it and why.';
  static override args = {
    function: FUNCTION_ARG,
    version: Args.string({ description: 'Version to go to: 2 or v2; default: the one that was live before.' }),
  };
  static override flags = {
    message: MESSAGE_FLAG,
    'no-verify': NO_VERIFY_FLAG,
    yes: Flags.boolean({
      char: 'y',
      summary: 'Accepted for scripts; a rollback never asks, because it can be undone.',
    }),
    'dry-run': Flags.boolean({ summary: 'Print what would happen and change nothing.' }),
  };
  static override examples = [
    { description: 'Back to what was live before', command: '<%= config.bin %> rollback hello' },
    {
      description: 'To a version, with a reason',
      command: '<%= config.bin %> rollback hello v2 --message "v3 leaks memory"',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Rollback);
    const { out, cwd, by, client } = this.context(flags);
    // `lam rollback v2` inside a project names the version only.
    const versionOnly = args.version === undefined && args.function !== undefined && looksLikeVersion(args.function);
    const name = await targetName(versionOnly ? undefined : args.function, cwd, 'rollback', given(args.function));
    const version = versionOnly ? args.function : args.version;
    const to = version === undefined ? {} : { to: versionOf(version) };
    const request = {
      ...to,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      ...(flags['dry-run'] ? { dryRun: true } : {}),
      ...(flags['no-verify'] ? { verify: false } : {}),
      by,
    };
    const daemon = await client();
    const answer = await whileVerified((line) => out.note(line), daemon.functions.rollback(name, request));
    out.result(answer, () => renderRolledBack(answer, flags['dry-run']));
    for (const notice of answer.notices) out.note(notice);
    return EXIT.ok;
  }
}
