import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';

export default class Version extends LamCommand {
  static override summary = 'Show the version of lam.';
  static override description = 'The version of this command; that of a running daemon is in `lam status`.';
  static override examples = [
    { description: 'For people', command: '<%= config.bin %> version' },
    { description: 'For a script', command: '<%= config.bin %> version --json | jq -r .data.version' },
  ];

  override async run(): Promise<number> {
    const { flags } = await this.parse(Version);
    const { out, installation } = this.context(flags);
    const data = {
      version: installation.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      kind: installation.kind,
    };
    out.result(data, () => `lam ${data.version} (node ${data.node}, ${data.platform})`);
    return EXIT.ok;
  }
}
