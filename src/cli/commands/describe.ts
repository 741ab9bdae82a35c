import { Args } from '@oclif/core';
import type { AsyncCounts } from '../../contract/index.ts';
import { EXIT } from '../../errors/index.ts';
import { LamCommand } from '../lam-command.ts';
import { renderFunction, renderVersion } from '../render/functions.ts';
import { eventsText } from '../render/invocations.ts';
import { shownFunction, shownVersion } from '../render/without-values.ts';
import { namedVersion } from '../services/named-version.ts';
import { targetFunction } from '../services/target.ts';

export default class Describe extends LamCommand {
  static override summary = 'Show everything about one function, or one version of it.';
  static override description =
    'URL, live version, aliases, sandboxes, and the settings with where each value comes from. Values of environment variables are only shown by `lam env list`; with --json they are null. Of a version: its settings, files and message.';
  static override aliases = ['info', 'inspect', 'get'];
  static override args = {
    function: Args.string({
      description: 'FUNCTION, FUNCTION@VERSION or FUNCTION:ALIAS; default: the project in the current folder.',
    }),
  };
  static override examples = [
    { description: 'The function of the project in this folder', command: '<%= config.bin %> describe' },
    { description: 'One version: its settings and files', command: '<%= config.bin %> describe hello@2' },
    { description: 'Its URL alone', command: '<%= config.bin %> describe hello --json | jq -r .data.url' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Describe);
    const { out, cwd, client } = this.context(flags);
    const { name, qualifier } = await targetFunction(args.function, cwd, 'describe');
    const daemon = await client();
    const detail = await daemon.functions.get(name);
    if (qualifier === undefined) {
      const { [name]: events } = await daemon.invocations.counts().catch((): Record<string, AsyncCounts> => ({}));
      const waiting = eventsText(events === undefined ? [] : [events]);
      const shown = { ...shownFunction(detail), ...(events === undefined ? {} : { events }) };
      out.result(shown, () => renderFunction(detail, Date.now(), out.color, out.width, waiting));
      return EXIT.ok;
    }
    const version = await daemon.versions.get(name, namedVersion(detail, qualifier));
    out.result(shownVersion(version), () => renderVersion(version, Date.now(), out.color, out.width));
    return EXIT.ok;
  }
}
