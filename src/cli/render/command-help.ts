import { CommandHelp, Help } from '@oclif/core/help';

type List = Parameters<CommandHelp['renderList']>;

/** oclif's help of a command, with the first flag in line with the others when it has no letter. */
class AlignedHelp extends CommandHelp {
  override renderList(...[input, options]: List): string {
    const [margin = ''] = /^ */.exec(input[0]?.[0] ?? '') ?? [];
    return margin + super.renderList(input, options);
  }
}

/** The help of lam's commands. */
export class LamHelp extends Help {
  protected override CommandHelpClass = AlignedHelp;
}
