import { resolve } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import { homeId } from '../../contract/index.ts';
import { reclaimDrafts, SharedBuilds } from '../../build/index.ts';
import { EXIT, asLamError, lamError, toWire } from '../../errors/index.ts';
import { keptImages } from '../../runtimes/index.ts';
import type { CommandContext } from '../command-context.ts';
import { NO_VERIFY_FLAG } from '../function-words.ts';
import { looksLikeOciReference, ociReferenceText, parseOciReference } from '../../oci/index.ts';
import { LamCommand } from '../lam-command.ts';
import { ociAccess, PLAIN_HTTP_FLAG, SIGNED_BY_FLAG } from '../oci-flags.ts';
import { usageWith } from '../oclif-flags.ts';
import { renderDeployed, renderFailedDeploy } from '../render/deployed.ts';
import { runTogether, type Settled, type Work } from '../render/progress.ts';
import {
  buildFolder,
  deployFunction,
  deployInline,
  deployZip,
  functionsToDeploy,
  type Deployed,
  type Deployment,
} from '../services/deploy.ts';
import { flagSettings, withVariables } from '../services/flag-settings.ts';
import { referenceWork } from '../services/reference-work.ts';
import { ENV_FILE_FLAG, readEnvFiles } from '../services/env-file.ts';
import { LayerSender } from '../services/layers.ts';
import { ownOutput, Uploads } from '../services/upload.ts';
import { aliasOf } from '../services/target.ts';

export default class Deploy extends LamCommand {
  static override summary = 'Build functions and make them live.';
  static override description =
    'Builds on this machine (compilers and package managers of its language included), sends only the files the daemon lacks, loads it once in a sandbox and makes it live; a version that fails to load is kept without going live. ' +
    'Unchanged content makes no new version. Several functions of a project deploy at the same time; one that fails does not stop the others.';
  static override aliases = ['up'];
  static override strict = false;
  static override flags = {
    env: Flags.string({
      char: 'e',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Environment variable; repeatable.',
      helpValue: 'KEY=VALUE',
    }),
    'env-file': ENV_FILE_FLAG,
    memory: Flags.integer({ char: 'm', summary: 'Memory of a sandbox, MiB.', helpValue: 'MIB' }),
    timeout: Flags.string({ char: 't', summary: 'Time limit of an invocation, seconds.', helpValue: 'SECONDS' }),
    runtime: Flags.string({ summary: 'Runtime, instead of that in lam.yaml.', helpValue: 'ID' }),
    handler: Flags.string({ summary: 'Handler, instead of that in lam.yaml.', helpValue: 'FILE.EXPORT' }),
    inline: Flags.string({
      summary: 'Deploy this code, without a project; requires FUNCTION.',
      helpValue: 'CODE',
      exclusive: ['zip'],
    }),
    zip: Flags.string({ summary: 'Deploy this zip unchanged; requires FUNCTION.', helpValue: 'FILE' }),
    alias: Flags.string({ summary: 'Also point this alias at the new version.', helpValue: 'ALIAS' }),
    message: Flags.string({ summary: 'What changed, for the history.', helpValue: 'TEXT' }),
    'no-verify': NO_VERIFY_FLAG,
    'signed-by': SIGNED_BY_FLAG,
    'plain-http': PLAIN_HTTP_FLAG,
    'in-container': Flags.boolean({
      summary: "Build in containers, of build.image in lam.yaml or with this machine's own programs.",
    }),
    verbose: Flags.boolean({
      char: 'v',
      summary: 'Print what build tools print; by default only on failure, and the latest line on a terminal.',
    }),
    'dry-run': Flags.boolean({ summary: 'Build and check everything, change nothing.' }),
  };
  static override usage = usageWith('deploy [FUNCTION|HOST/NAME[:TAG][@DIGEST]...]', Deploy.flags);
  static override examples = [
    { description: 'All functions of the project in this folder', command: '<%= config.bin %> deploy' },
    {
      description: 'One of them, with a note for the history',
      command: '<%= config.bin %> deploy hello --message "new greeting"',
    },
    {
      description: 'What lam push put into a registry, by its digest or a tag',
      command: '<%= config.bin %> deploy localhost:5000/team/hello:1.0',
    },
    {
      description: 'Without a project',
      command: `<%= config.bin %> deploy ping --inline 'exports.handler = async () => "pong"'`,
    },
  ];

  override async run(): Promise<number> {
    const { argv, flags } = await this.parse(Deploy);
    const names = argv as string[];
    const context = this.context(flags);
    const { inline, zip } = flags;
    if (names.some((word) => looksLikeOciReference(word))) return this.#deployReferences(names, flags);
    const [name, ...more] = names;
    const single = inline !== undefined || zip !== undefined;
    if (single && (name === undefined || more.length > 0))
      throw usage(`--${inline === undefined ? 'zip' : 'inline'} requires the name of one function`);
    // Before a daemon is started: faults of lam.yaml and flags are reported without one.
    const variables = await readEnvFiles(flags['env-file'], context.cwd);
    const given = withVariables(flagSettings(flags), variables);
    const functions = single ? [] : await functionsToDeploy(context.cwd, names);
    const client = await context.client();
    const place = {
      esbuildBinary: context.installation.esbuild(context.home),
      assetsDir: context.installation.assets(context.home).folder,
      workspace: buildFolder(context.home),
      images: keptImages(homeId(context.home)),
      ownOutput: ownOutput(),
    };
    const reclaimed = reclaimDrafts(place.workspace);
    const interruption = new AbortController();
    const deployment: Deployment = {
      client,
      place,
      layers: new LayerSender(client, place),
      builds: new SharedBuilds({ ...place, allInContainer: flags['in-container'], signal: interruption.signal }),
      uploads: new Uploads(client),
      by: context.by,
      alongside: functions.map((fn) => fn.name),
      dryRun: flags['dry-run'],
      verify: !flags['no-verify'],
      flags: given,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      ...(flags.alias === undefined ? {} : { alias: aliasOf(flags.alias) }),
    };
    const all =
      name !== undefined && inline !== undefined
        ? [work(name, ({ say }) => deployInline(name, inline, deployment, say))]
        : name !== undefined && zip !== undefined
          ? [work(name, ({ say }) => deployZip(name, resolve(context.cwd, zip), deployment, say))]
          : functions.map((fn) => work(fn.name, (progress) => deployFunction(fn, deployment, progress)));
    const interrupt = (): void => {
      if (interruption.signal.aborted) process.exit(EXIT.interrupted);
      interruption.abort();
      // What waits for the daemon is not waited for.
      void deployment.builds.dispose().then(() => process.exit(EXIT.interrupted));
    };
    // Not `once`: where no listener is left, execa's ends the process before the tools have ended.
    process.on('SIGINT', interrupt);
    try {
      return await finish(all, context, { dryRun: flags['dry-run'], verbose: flags.verbose });
    } finally {
      process.off('SIGINT', interrupt);
      await deployment.builds.dispose();
      await reclaimed;
    }
  }

  /** Deploys versions of registries, which need no project and no build. */
  async #deployReferences(words: readonly string[], flags: Parsed): Promise<number> {
    const other = words.find((word) => !looksLikeOciReference(word));
    if (other !== undefined || flags.inline !== undefined || flags.zip !== undefined || flags['in-container'])
      throw usage(
        other === undefined
          ? 'a reference is deployed as it was pushed: leave out --inline, --zip and --in-container'
          : `'${other}' is no reference, and functions of a project are deployed apart from references`,
      );
    const references = words.map((word) => parseOciReference(word));
    const context = this.context(flags);
    const access = await ociAccess(context, flags);
    const given = withVariables(flagSettings(flags), await readEnvFiles(flags['env-file'], context.cwd));
    const alias = flags.alias === undefined ? {} : { alias: aliasOf(flags.alias) };
    const deployment = {
      client: await context.client(),
      as: undefined,
      by: context.by,
      dryRun: flags['dry-run'],
      verify: !flags['no-verify'],
      flags: given,
      ...alias,
      ...(flags.message === undefined ? {} : { message: flags.message }),
    };
    const all = references.map((reference) =>
      referenceWork(reference, ociReferenceText(reference), { home: context.home, access, deployment }),
    );
    return finish(all, context, { dryRun: flags['dry-run'], verbose: flags.verbose });
  }
}

function usage(what: string): Error {
  return lamError('LAM_CLI_USAGE', { what, command: 'deploy' });
}

type Parsed = Interfaces.InferredFlags<typeof Deploy.flags & typeof Deploy.baseFlags>;

function work(name: string, run: Work<Deployed>['run']): Work<Deployed> {
  return {
    name,
    title: `deploying ${name}`,
    run,
    done: (d) => (d.unchanged ? `${name}: no change` : `${name} v${d.version}`),
  };
}

/** Deploys the functions, prints the result of each, and throws if any failed. */
async function finish(
  all: readonly Work<Deployed>[],
  { out }: CommandContext,
  { dryRun, verbose }: { readonly dryRun: boolean; readonly verbose: boolean },
): Promise<number> {
  const settled = await runTogether(all, out, { verbose });
  const failed = settled.flatMap((s, i) => (s.ok ? [] : [{ name: all[i]?.name ?? '', error: asLamError(s.error) }]));
  const [first] = failed;
  if (first !== undefined && all.length === 1) throw first.error;
  const deployed = settled.filter((s): s is Settled<Deployed> & { ok: true } => s.ok);
  for (const { value } of deployed) for (const notice of value.notices) out.note(`${value.name}: ${notice}`);
  if (first === undefined) {
    out.result({ functions: deployed.map(({ value, ms }) => ({ ...value, dryRun, ms: Math.round(ms) })) }, () =>
      deployed.map((d) => renderDeployed(d.value, d.ms, dryRun)).join('\n'),
    );
    return EXIT.ok;
  }
  if (!out.json) for (const d of deployed) out.print(renderDeployed(d.value, d.ms, dryRun));
  for (const { name, error } of failed) out.note(renderFailedDeploy(name, error));
  throw lamError('LAM_CLI_DEPLOY_FAILED', {
    failed: failed.map((f) => f.name),
    of: all.length,
    errors: failed.map(({ name, error }) => ({ name, ...toWire(error) })),
    deployed: deployed.map(({ value }) => ({ name: value.name, version: value.version })),
  });
}
