import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { formatBytes } from '../render/format.ts';
import { pullRuntimeImage } from '../services/runtime-images.ts';

export default class RuntimesPull extends LamCommand {
  static override summary = 'Pull the image that the maintainers of a runtime publish.';
  static override description =
    'For functions that are to run in exactly that version; they use it by `image` in lam.yaml. Without a registry in reach, make an image from this machine: lam runtimes build RUNTIME.';
  static override args = {
    runtime: Args.string({ description: 'An identifier, with or without a version.', required: true }),
  };
  static override flags = {
    registry: Flags.string({
      helpValue: 'HOST[:PORT]',
      summary: 'Registry, or a mirror of one; default: that of the engine.',
    }),
  };
  static override examples = [
    { description: 'Python 3.13', command: '<%= config.bin %> runtimes pull python3.13' },
    {
      description: 'From a mirror',
      command: '<%= config.bin %> runtimes pull nodejs24.x --registry mirror.example:5000',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(RuntimesPull);
    const { out } = this.context(flags);
    const pulled = await pullRuntimeImage(args.runtime, flags.registry ?? null, (line) => out.note(line));
    out.result(pulled, () => `${pulled.image}  ${formatBytes(pulled.size)}`);
    out.note(`next: in lam.yaml, image: ${pulled.image}`);
    return EXIT.ok;
  }
}
