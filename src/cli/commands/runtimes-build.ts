import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { formatBytes } from '../render/format.ts';
import { buildRuntimeImage } from '../services/runtime-images.ts';

export default class RuntimesBuild extends LamCommand {
  static override summary = 'Make a small container image for a runtime from the programs of this machine.';
  static override description =
    'The image has the interpreter, its libraries and a shell, and nothing else; no registry is needed. Functions use it by `image` in lam.yaml, here or on another engine.';
  static override args = {
    runtime: Args.string({ description: 'An identifier, with or without a version.', required: true }),
  };
  static override flags = {
    tag: Flags.string({ helpValue: 'NAME', summary: 'Name of the image; default: lam-RUNTIME:VERSION.' }),
  };
  static override examples = [
    { description: 'An image with Python', command: '<%= config.bin %> runtimes build python3' },
    {
      description: 'Under a name of your own',
      command: '<%= config.bin %> runtimes build ruby --tag registry.example:5000/ruby:small',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(RuntimesBuild);
    const { out, home, installation } = this.context(flags);
    const built = await buildRuntimeImage(
      { identifier: args.runtime, tag: flags.tag ?? null, nodeCommand: installation.nodeCommand(home) },
      (line) => out.note(line),
    );
    out.result(built, () => `${built.image}  ${formatBytes(built.size)}, ${built.files} files`);
    out.note(`next: in lam.yaml, image: ${built.image}`);
    return EXIT.ok;
  }
}
