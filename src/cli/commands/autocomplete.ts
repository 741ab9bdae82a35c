import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { completionScript, SHELLS, type Shell } from '../render/completion-script.ts';

export default class Autocomplete extends LamCommand {
  static override summary = 'Print a completion script for a shell.';
  static override description = 'Completes commands, flags, and the names, versions and aliases of what is deployed.';
  static override args = { shell: Args.string({ description: 'Which shell.', options: [...SHELLS], required: true }) };
  static override examples = [
    { description: 'bash, from ~/.bashrc', command: 'eval "$(<%= config.bin %> autocomplete bash)"' },
    { description: 'zsh, from ~/.zshrc after compinit', command: 'eval "$(<%= config.bin %> autocomplete zsh)"' },
    { description: 'fish', command: '<%= config.bin %> autocomplete fish > ~/.config/fish/completions/lam.fish' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Autocomplete);
    const { out } = this.context(flags);
    const script = completionScript(args.shell as Shell);
    out.result({ shell: args.shell, script }, () => script);
    return EXIT.ok;
  }
}
