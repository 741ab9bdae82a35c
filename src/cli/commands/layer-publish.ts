import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { isLayerName, knownFunctionName } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { formatBytes } from '../render/format.ts';
import { sendLayer } from '../services/layers.ts';
import { ownOutput } from '../services/upload.ts';

export default class LayerPublish extends LamCommand {
  static override summary = 'Publish a folder or zip as the next version of a layer.';
  static override description =
    'Functions name it in lam.yaml as `layers: ["NAME:VERSION"]` and find its files below /opt. A version never changes; nothing is published when the newest one has the same files.';
  static override args = {
    name: Args.string({ description: 'Name of the layer.', required: true }),
    path: Args.string({ description: 'Folder or zip with what goes below /opt.', required: true }),
  };
  static override flags = {
    description: Flags.string({ helpValue: 'TEXT', summary: 'What the layer is for.' }),
  };
  static override examples = [
    { description: 'Packages for Python, in python/', command: '<%= config.bin %> layer publish tools ./layers/tools' },
    { description: 'A zip as AWS Lambda takes it', command: '<%= config.bin %> layer publish ffmpeg ffmpeg-layer.zip' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(LayerPublish);
    const { out, cwd, by, client } = this.context(flags);
    const { name } = args;
    if (!isLayerName(name)) throw lamError('LAM_OPERATIONS_INVALID_LAYER_NAME', { name });
    const path = resolve(cwd, args.path);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isDirectory() !== true && !(stats?.isFile() === true && path.endsWith('.zip')))
      throw lamError('LAM_CLI_NO_LAYER', { path: args.path, exists: stats !== undefined });
    const daemon = await client();
    const say = (line: string): void => out.note(line);
    const place = { ownOutput: ownOutput() };
    const { artifact, notices } = await sendLayer(knownFunctionName(name), path, daemon, place, say);
    const { description } = flags;
    const request = { artifact, by, ...(description === undefined ? {} : { description }) };
    const published = await daemon.layers.publish(name, request);
    for (const notice of notices) out.note(notice);
    const reference = `${name}:${published.version}`;
    out.result(published, () => {
      if (published.unchanged) return `${name}: no change (${reference})`;
      return `published ${reference}  ${published.files === 1 ? 'one file' : `${published.files} files`}, ${formatBytes(published.size)}`;
    });
    if (!published.unchanged) out.note(`next: in lam.yaml, layers: ["${reference}"]`);
    return EXIT.ok;
  }
}
