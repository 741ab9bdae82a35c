import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { parseRegistryHost } from '../../oci/index.ts';
import { LamCommand } from '../lam-command.ts';
import { PLAIN_HTTP_FLAG } from '../oci-flags.ts';
import { safe, table } from '../render/table.ts';
import { searchIndex, searchRegistry } from '../services/search.ts';

export default class Search extends LamCommand {
  static override summary = 'Search functions that others have pushed.';
  static override description =
    'Looks into an index, which is a JSON file that anyone can publish, or into the catalogue of an OCI registry. LAM_INDEX names the index that is searched by default.';
  static override args = {
    term: Args.string({ description: 'Part of a name, a description or a keyword; default: everything.' }),
  };
  static override flags = {
    index: Flags.string({ helpValue: 'FILE|URL', summary: 'The index to search.', exclusive: ['registry'] }),
    registry: Flags.string({ helpValue: 'HOST', summary: 'The registry to search, if it lists its repositories.' }),
    'plain-http': PLAIN_HTTP_FLAG,
  };
  static override examples = [
    { description: 'In a registry', command: '<%= config.bin %> search thumbnail --registry localhost:5000' },
    { description: 'In an index', command: '<%= config.bin %> search --index https://example.com/functions.json' },
    {
      description: 'The first match, deployed',
      command: `<%= config.bin %> deploy $(<%= config.bin %> search hello --registry localhost:5000 --json | jq -r '.data[0].reference')`,
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Search);
    const { out, cwd, env } = this.context(flags);
    const term = args.term ?? '';
    const index = flags.index ?? (flags.registry === undefined ? env['LAM_INDEX'] : undefined);
    if (flags.registry === undefined && (index === undefined || index === ''))
      throw lamError('LAM_CLI_USAGE', { what: 'search requires --registry, --index or LAM_INDEX', command: 'search' });
    const found =
      flags.registry === undefined
        ? await searchIndex(term, placeOf(index ?? '', cwd), env)
        : await searchRegistry(term, parseRegistryHost(flags.registry), { plainHttp: flags['plain-http'], env });
    out.result(found, () =>
      table(
        found,
        [
          { heading: 'FUNCTION', cell: ({ name }) => safe(name), least: 12 },
          { heading: 'RUNTIME', cell: ({ runtime }) => safe(runtime), drop: 1 },
          { heading: 'REFERENCE', cell: ({ reference }) => safe(reference) },
          { heading: 'DESCRIPTION', cell: ({ description }) => safe(description), least: 12, drop: 2 },
        ],
        out.width,
      ),
    );
    if (found.length === 0) out.note(term === '' ? 'no functions there' : `no functions there match '${term}'`);
    return EXIT.ok;
  }
}

function placeOf(index: string, cwd: string): string {
  return /^https?:\/\//.test(index) ? index : resolve(cwd, index);
}
