import { Args } from '@oclif/core';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderRuntime, renderRuntimes } from '../render/runtimes.ts';
import { allRuntimes, oneRuntime } from '../services/runtimes.ts';

export default class Runtimes extends LamCommand {
  static override summary = 'List the runtimes, and which of them this machine can run.';
  static override description =
    'For each: the version found, what builds it, and the Debian package or page where a missing program is had. With RUNTIME, also in the words of AWS (python3.13, java21): which version will run it; fails where none can. Looks at the PATH of this command and needs no daemon.';
  static override args = {
    runtime: Args.string({ description: 'An identifier, with or without a version.' }),
  };
  static override examples = [
    { description: 'All of them', command: '<%= config.bin %> runtimes' },
    { description: 'What would run a function of AWS', command: '<%= config.bin %> runtimes python3.13' },
    {
      description: 'Those that are missing here',
      command: "<%= config.bin %> runtimes --json | jq '.data.runtimes[] | select(.usable | not) | .runtime'",
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Runtimes);
    const { out, home, installation } = this.context(flags);
    const nodeCommand = installation.nodeCommand(home);
    if (args.runtime === undefined) {
      const report = await allRuntimes(nodeCommand);
      out.result(report, () => renderRuntimes(report, out.width));
      return EXIT.ok;
    }
    const report = await oneRuntime(args.runtime, nodeCommand);
    out.result(report, () => renderRuntime(report, out.width));
    if (report.notice !== null) out.note(report.notice);
    return EXIT.ok;
  }
}
