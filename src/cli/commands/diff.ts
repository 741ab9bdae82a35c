import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { FUNCTION_ARG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { renderDiff } from '../render/diff.ts';
import { diffVersions } from '../services/diff.ts';
import { namedVersion, versionBefore } from '../services/named-version.ts';
import { looksLikeVersion, targetFunction } from '../services/target.ts';

export default class Diff extends LamCommand {
  static override summary = 'Show what differs between two versions of a function.';
  static override description =
    'Settings, keys of environment variables (never their values), files with their sizes, and the text of files up to 64 KiB. ' +
    'Without a version, the live one against the one that was live before; with one, that one against the live one. An alias stands for its version.';
  static override usage = 'diff [FUNCTION] [VERSION] [VERSION]';
  static override args = {
    function: FUNCTION_ARG,
    from: Args.string({ description: 'Version or alias to compare: 2, v2, prod.' }),
    to: Args.string({ description: 'What to compare it with; default: the live version.' }),
  };
  static override flags = {
    stat: Flags.boolean({ summary: 'Only list the files, without their text.' }),
  };
  static override examples = [
    { description: 'What the last change changed', command: '<%= config.bin %> diff hello' },
    { description: 'What changed since a version', command: '<%= config.bin %> diff hello v2' },
    { description: 'Between two versions', command: '<%= config.bin %> diff hello v2 v4' },
    {
      description: 'Files that differ, as JSON',
      command: '<%= config.bin %> diff hello v2 --stat --json | jq .data.files',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Diff);
    const { out, cwd, client } = this.context(flags);
    const words = [args.function, args.from, args.to].filter((word): word is string => word !== undefined);
    // `lam diff v2` inside a project names versions only.
    const versionsOnly = words.length < 3 && looksLikeVersion(words[0] ?? '');
    const named = versionsOnly ? undefined : words[0];
    const rest = versionsOnly ? words : words.slice(1);
    const { name, qualifier } = await targetFunction(named, cwd, 'diff', rest);
    const daemon = await client();
    const detail = await daemon.functions.get(name);
    const [first, second] = qualifier === undefined ? rest : [qualifier, ...rest];
    const from = first === undefined ? versionBefore(detail) : namedVersion(detail, first);
    const to = second === undefined ? detail.live : namedVersion(detail, second);
    const diff = await diffVersions(daemon, name, { from, to }, !flags.stat);
    out.result(diff, () => renderDiff(diff, out.color));
    return EXIT.ok;
  }
}
