import { Args } from '@oclif/core';
import { isLayerName } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { safe, table } from '../render/table.ts';
import { formatAge, formatBytes } from '../render/format.ts';

export default class LayerList extends LamCommand {
  static override summary = 'List published layers.';
  static override description = 'The newest version of each layer, or all versions of one.';
  static override args = { name: Args.string({ description: 'Name of a layer.' }) };
  static override examples = [
    { description: 'All layers', command: '<%= config.bin %> layer list' },
    { description: 'All versions of one', command: '<%= config.bin %> layer list tools' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(LayerList);
    const { out, client } = this.context(flags);
    const { name } = args;
    if (name !== undefined && !isLayerName(name)) throw lamError('LAM_OPERATIONS_INVALID_LAYER_NAME', { name });
    const layers = await (await client()).layers.list(name);
    const now = Date.now();
    out.result(layers, () =>
      table(
        layers,
        [
          { heading: 'LAYER', cell: (layer) => safe(`${layer.name}:${layer.version}`), least: 20 },
          { heading: 'FILES', cell: (layer) => String(layer.files), align: 'right', drop: 3 },
          { heading: 'SIZE', cell: (layer) => formatBytes(layer.size), align: 'right', drop: 2 },
          { heading: 'WHEN', cell: (layer) => formatAge(layer.createdAt, now), drop: 1 },
          { heading: 'DESCRIPTION', cell: (layer) => safe(layer.description), least: 12 },
        ],
        out.width,
      ),
    );
    if (layers.length === 0 && !out.json)
      out.note(
        name === undefined
          ? 'no layers are published; publish one: lam layer publish NAME FOLDER'
          : `layer '${name}' has no versions; see what is published: lam layer list`,
      );
    return EXIT.ok;
  }
}
