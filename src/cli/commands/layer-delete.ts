import { Args, Flags } from '@oclif/core';
import { parseLayerReference } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { confirm } from '../services/confirm.ts';

export default class LayerDelete extends LamCommand {
  static override summary = 'Delete a version of a layer.';
  static override description =
    'Functions that were deployed with it keep its files. Its number is not used again. Asks first on a terminal.';
  static override args = { layer: Args.string({ description: 'NAME:VERSION.', required: true }) };
  static override flags = { yes: Flags.boolean({ char: 'y', summary: 'Delete without asking.' }) };
  static override examples = [
    { description: 'Delete one version, after a question', command: '<%= config.bin %> layer delete tools:1' },
    { description: 'Without a question', command: '<%= config.bin %> layer delete tools:2 --yes' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(LayerDelete);
    const { out, client } = this.context(flags);
    const reference = parseLayerReference(args.layer);
    if (reference === undefined)
      throw lamError('LAM_CLI_USAGE', {
        what: `'${args.layer}' is not NAME:VERSION, as in tools:2`,
        command: 'layer delete',
      });
    const daemon = await client();
    // Checked first: no confirmation is requested for something that does not exist.
    await daemon.layers.get(reference.name, reference.version);
    const text = `${reference.name}:${reference.version}`;
    if (!flags.yes) await confirm(out, `deleting layer version '${text}'`, '--yes');
    await daemon.layers.delete(reference.name, reference.version);
    out.result(reference, () => `deleted ${text}`);
    return EXIT.ok;
  }
}
