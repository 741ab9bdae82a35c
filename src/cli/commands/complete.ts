import manifest from '../../../oclif.manifest.json' with { type: 'json' };
import { LamClient } from '../../client/index.ts';
import { isOwnSocket } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { complete, type CommandOutline } from '../services/complete.ts';

/** Called by completion scripts: prints the completions of the last word, one per line. */
export default class Complete extends LamCommand {
  static override summary = 'Answer a shell that completes a command line.';
  static override hidden = true;
  static override strict = false;

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(Complete);
    const { out, home } = this.context(flags);
    // Never starts a daemon and prints no error: a shell is waiting for the result.
    if (!isOwnSocket(home)) return EXIT.ok;
    const client = new LamClient({ home });
    const words = await complete(argv as string[], manifest.commands as unknown as Record<string, CommandOutline>, {
      names: async () => (await client.functions.list()).map((f) => f.name),
      detail: (name) => client.functions.get(name),
    }).catch(() => []);
    out.print(words.join('\n'));
    return EXIT.ok;
  }
}
