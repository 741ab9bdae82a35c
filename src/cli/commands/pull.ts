import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { EXIT, lamError } from '../../errors/index.ts';
import { ociReferenceText, parseOciReference } from '../../oci/index.ts';
import { ENV_FILE_FLAG } from '../services/env-file.ts';
import { MESSAGE_FLAG, NO_VERIFY_FLAG } from '../function-words.ts';
import { LamCommand } from '../lam-command.ts';
import { ociAccess, PLAIN_HTTP_FLAG, SIGNED_BY_FLAG } from '../oci-flags.ts';
import { renderDeployed } from '../render/deployed.ts';
import { runTogether, type Work } from '../render/progress.ts';
import { renderPulled } from '../render/pushed.ts';
import { withDraft } from '../services/draft-folder.ts';
import { readEnvFiles } from '../services/env-file.ts';
import { flagSettings, withVariables } from '../services/flag-settings.ts';
import { withVersion } from '../services/pull.ts';
import { referenceWork } from '../services/reference-work.ts';
import { refuseFilled, unpackPushed, type UnpackedPushed } from '../services/unpack-pushed.ts';

/** What `--to` makes of a version. */
type Pulled = UnpackedPushed & { readonly from: string; readonly name: string; readonly version: number };

export default class Pull extends LamCommand {
  static override summary = 'Pull a function from an OCI registry, as a folder or as a function here.';
  static override description =
    'Makes a project of it: the folder that was pushed as its template, otherwise its code with a lam.yaml. With --as it becomes a function here instead, as by lam deploy. ' +
    'Every digest is verified, and nothing appears before all of it is there.';
  static override args = {
    reference: Args.string({
      description: 'HOST/NAME[:TAG][@sha256:DIGEST]; the tag is latest by default.',
      required: true,
    }),
  };
  static override flags = {
    to: Flags.string({
      helpValue: 'FOLDER',
      summary: 'The folder to make; default: one with the name of the function.',
      exclusive: ['as'],
    }),
    as: Flags.string({
      helpValue: 'FUNCTION',
      summary: 'Make it the next version of this function, instead of a folder.',
    }),
    env: Flags.string({
      char: 'e',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Environment variable, with --as; repeatable.',
      helpValue: 'KEY=VALUE',
      dependsOn: ['as'],
    }),
    'env-file': ENV_FILE_FLAG,
    message: MESSAGE_FLAG,
    'no-verify': NO_VERIFY_FLAG,
    'signed-by': SIGNED_BY_FLAG,
    'plain-http': PLAIN_HTTP_FLAG,
  };
  static override examples = [
    { description: 'To look at, change and deploy', command: '<%= config.bin %> pull localhost:5000/team/hello:1.0' },
    { description: 'Into another folder', command: '<%= config.bin %> pull localhost:5000/team/hello --to ./greeter' },
    { description: 'As a function here', command: '<%= config.bin %> pull localhost:5000/team/hello --as greeter' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Pull);
    const context = this.context(flags);
    const { out, cwd, home } = context;
    const reference = parseOciReference(args.reference);
    const title = ociReferenceText(reference);
    const access = await ociAccess(context, flags);
    const variables = await readEnvFiles(flags['env-file'], cwd);
    if (flags.to !== undefined) await refuseFilled(resolve(cwd, flags.to));
    const client = await context.client();
    if (flags.as !== undefined) {
      const deployment = {
        client,
        as: flags.as,
        by: context.by,
        flags: withVariables(flagSettings(flags), variables),
        dryRun: false,
        verify: !flags['no-verify'],
        ...(flags.message === undefined ? {} : { message: flags.message }),
      };
      const [settled] = await runTogether([referenceWork(reference, title, { home, access, deployment })], out, {
        verbose: false,
      });
      if (settled === undefined || !settled.ok) throw settled?.error;
      for (const notice of settled.value.notices) out.note(`${settled.value.name}: ${notice}`);
      out.result(settled.value, () => renderDeployed(settled.value, settled.ms, false));
      return EXIT.ok;
    }
    if (flags['no-verify'] || flags.message !== undefined || variables !== undefined)
      throw lamError('LAM_CLI_USAGE', { what: '--message, --no-verify and --env-file go with --as', command: 'pull' });
    const work: Work<Pulled> = {
      name: title,
      title: `pulling ${title}`,
      run: ({ say }) =>
        withDraft(home, (folder) =>
          withVersion(reference, access, async (found) => {
            const { name, version } = found.pushed;
            const directory = resolve(cwd, flags.to ?? name);
            return {
              from: found.text,
              name,
              version,
              ...(await unpackPushed(found, directory, { client, folder }, say)),
            };
          }),
        ),
      done: ({ name }) => `${name} pulled`,
    };
    const [settled] = await runTogether([work], out, { verbose: false });
    if (settled === undefined || !settled.ok) throw settled?.error;
    for (const notice of settled.value.notices) out.note(notice);
    out.result(settled.value, () => renderPulled(settled.value));
    return EXIT.ok;
  }
}
