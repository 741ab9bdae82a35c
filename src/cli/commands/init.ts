import { basename, relative, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { DEFAULT_CONFIG } from '../../contract/index.ts';
import { EXIT, isLamError, lamError } from '../../errors/index.ts';
import { FAMILIES } from '../../runtimes/index.ts';
import { listTemplates, scaffold } from '../../scaffold/index.ts';
import { LamCommand } from '../lam-command.ts';
import { baseUrl } from '../services/base-url.ts';
import { askForInit } from '../services/init-choices.ts';
import { safe, table } from '../render/table.ts';

export default class Init extends LamCommand {
  static override summary = 'Make a new project from a template.';
  static override description =
    'Writes NAME/ with a handler, a lam.yaml, an example event and a test; without a NAME into the current folder. On a terminal it asks for what is not given, unless --yes. Nothing is overwritten without --force.';
  static override aliases = ['new', 'create'];
  static override args = { name: Args.string({ description: 'Name of the function and of the folder to make.' }) };
  static override flags = {
    runtime: Flags.string({
      char: 'l',
      aliases: ['language'],
      summary: `Runtime: ${FAMILIES.join(', ')}, or one with a version (default ${DEFAULT_CONFIG.runtime}).`,
      helpValue: 'ID',
    }),
    template: Flags.string({ char: 't', summary: 'Template; see --list.', helpValue: 'NAME' }),
    from: Flags.string({
      summary: 'Take the template from this folder or git repository (URL, optionally with #BRANCH).',
      helpValue: 'DIR|GIT',
      exclusive: ['template'],
    }),
    list: Flags.boolean({ summary: 'List the templates and create nothing.' }),
    force: Flags.boolean({ summary: 'Write into a folder that is not empty; overwrites files of the same names.' }),
    yes: Flags.boolean({ char: 'y', summary: 'Ask nothing; take defaults for what is not given.' }),
  };
  static override examples = [
    { description: 'A Node function', command: '<%= config.bin %> init hello' },
    {
      description: 'An HTTP API in Python',
      command: '<%= config.bin %> init shop --runtime python3 --template http-api',
    },
    { description: 'List the templates', command: '<%= config.bin %> init --list' },
  ];

  override async run(): Promise<number> {
    const { args, flags } = await this.parse(Init);
    const context = this.context(flags);
    const { out, cwd, home, installation } = context;
    const templatesRoot = installation.templates(home);
    if (flags.list) {
      const templates = await listTemplates(templatesRoot);
      out.result(
        templates.map(({ runtime, template, description }) => ({ runtime, template, description })),
        () =>
          table(
            templates,
            [
              { heading: 'RUNTIME', cell: (t) => t.runtime },
              { heading: 'TEMPLATE', cell: (t) => t.template },
              { heading: 'WHAT IT SHOWS', cell: (t) => t.description, least: 20 },
            ],
            out.width,
          ),
      );
      return EXIT.ok;
    }
    // Other tools take a dot for the current folder.
    const isDot = args.name === '.';
    const given = { name: isDot ? basename(cwd) : args.name, runtime: flags.runtime, template: flags.template };
    // Prompts are redrawn, which takes a terminal of known size.
    const asks = out.interactive && Number.isFinite(out.noteWidth) && !flags.yes;
    const { name, runtime, template } = asks
      ? await askForInit(given, await listTemplates(templatesRoot), flags.from !== undefined)
      : given;
    const directory = name === undefined || isDot ? cwd : resolve(cwd, name);
    const made = await scaffold({
      name: name ?? basename(cwd),
      runtime: runtime ?? DEFAULT_CONFIG.runtime,
      url: await baseUrl(context),
      directory,
      cwd,
      force: flags.force,
      templatesRoot,
      ...(template === undefined ? {} : { template }),
      ...(flags.from === undefined ? {} : { from: flags.from }),
    }).catch((error: unknown) => {
      const isHere = directory === cwd && !flags.force && isLamError(error) && error.code === 'LAM_SCAFFOLD_EXISTS';
      throw isHere ? lamError('LAM_SCAFFOLD_EXISTS', { directory, unnamed: true }, error) : error;
    });
    out.result(
      made,
      () =>
        `created ${relative(cwd, directory) || '.'} from ${safe(made.template)} (${made.files.filter((file) => !file.startsWith('.lam/')).join(', ')})`,
    );
    out.note(`next: ${directory === cwd ? '' : `cd ${safe(relative(cwd, directory))} && `}lam deploy`);
    return EXIT.ok;
  }
}
