import { Args, Flags } from '@oclif/core';
import type { AliasRouting } from '../../contract/index.ts';
import { EXIT, lamError } from '../../errors/index.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { usageWith } from '../oclif-flags.ts';
import { aliasTargetText } from '../render/alias.ts';
import { targetName, versionOf, aliasOf } from '../services/target.ts';
import { whileVerified } from '../services/verification.ts';

export default class AliasSet extends LamCommand {
  static override summary = 'Point an alias at a version.';
  static override description =
    'Creates or moves the alias. FUNCTION:ALIAS then invokes that version, whatever version is live; so does the path /FUNCTION:ALIAS over HTTP. --weight sends a share of the requests to another version; without it, all reach VERSION.';
  static override args = {
    function: Args.string({
      description: 'Name of the function; left out, the project in the current folder.',
    }),
    alias: Args.string({ description: 'Name of the alias.' }),
    version: Args.string({ description: 'Version: 3 or v3.' }),
  };
  static override flags = {
    weight: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'VERSION=PERCENT',
      summary: 'Send this share of the requests to another version; repeatable.',
    }),
    sticky: Flags.string({
      helpValue: 'HEADER',
      summary: 'Send requests with the same value of this header to the same version.',
      dependsOn: ['weight'],
    }),
    message: MESSAGE_FLAG,
    'no-verify': NO_VERIFY_FLAG,
  };
  static override usage = usageWith('alias set [FUNCTION] ALIAS VERSION', AliasSet.flags);
  static override examples = [
    { description: 'Point prod at version 3', command: '<%= config.bin %> alias set hello prod v3' },
    {
      description: 'Try version 4 with a tenth of the requests, and each user always with the same version',
      command: '<%= config.bin %> alias set hello prod 3 --weight 4=10 --sticky x-user-id',
    },
    {
      description: 'The same inside the project',
      command: '<%= config.bin %> alias set prod v3 --message "release 1.2"',
    },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(AliasSet);
    const { out, cwd, by, client } = this.context(flags);
    const words = [args.function, args.alias, args.version].filter((word): word is string => word !== undefined);
    const [alias, version] = words.slice(-2);
    if (alias === undefined || version === undefined)
      throw lamError('LAM_CLI_USAGE', { what: 'give an alias and a version', command: 'alias set' });
    const name = await targetName(words.length === 3 ? words[0] : undefined, cwd, 'alias set', [alias, version]);
    const to = versionOf(version);
    const routing = routingOf(flags.weight ?? [], flags.sticky);
    const request = {
      version: to,
      ...(routing === undefined ? {} : { routing }),
      by,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      ...(flags['no-verify'] ? { verify: false } : {}),
    };
    const daemon = await client();
    const { notices } = await whileVerified(
      (line) => out.note(line),
      daemon.aliases.set(name, aliasOf(alias), request),
    );
    out.result({ name, alias, version: to, ...(routing === undefined ? {} : { routing }) }, () => {
      return `${name}:${alias} -> ${aliasTargetText(to, routing)}`;
    });
    for (const notice of notices) out.note(notice);
    return EXIT.ok;
  }
}

/** Parses `--weight VERSION=PERCENT` flags; `3=10`, `v3=10` and `v3=10%` mean the same. */
function routingOf(given: readonly string[], sticky: string | undefined): AliasRouting | undefined {
  if (given.length === 0) return undefined;
  const weights: Record<string, number> = {};
  for (const text of given) {
    const [, version, percent] = /^([^=]+)=(\d+(?:\.\d+)?)%?$/.exec(text) ?? [];
    if (version === undefined || percent === undefined)
      throw lamError('LAM_CLI_USAGE', {
        what: `--weight ${text}: give a version and a percentage, as in 3=10`,
        command: 'alias set',
      });
    const number = versionOf(version);
    if (Object.hasOwn(weights, number))
      throw lamError('LAM_CLI_USAGE', { what: `--weight names v${number} twice`, command: 'alias set' });
    weights[number] = Number(percent);
  }
  return { weights, ...(sticky === undefined ? {} : { sticky: sticky.toLowerCase() }) };
}
