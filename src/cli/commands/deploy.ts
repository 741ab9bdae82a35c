import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { EXIT, asLamError, lamError, toWire } from '../../errors/index.ts';
import type { CommandContext } from '../command-context.ts';
import { LamCommand } from '../lam-command.ts';
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
import { overridesOf } from '../services/overrides.ts';
import { aliasOf } from '../services/target.ts';

export default class Deploy extends LamCommand {
  static override summary = 'Build functions and make them live.';
  static override description =
    'Builds on this machine (TypeScript, npm and pip dependencies included), sends only the files the daemon lacks, publishes the next version and makes it live. ' +
    'Unchanged content makes no new version. Several functions of a project deploy at the same time; one that fails does not stop the others.';
  static override aliases = ['up'];
  static override strict = false;
  static override usage = 'deploy [FUNCTION...]';
  static override flags = {
    env: Flags.string({
      char: 'e',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Environment variable; repeatable.',
      helpValue: 'KEY=VALUE',
    }),
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
    'dry-run': Flags.boolean({ summary: 'Build and check everything, change nothing.' }),
  };
  static override examples = [
    { description: 'All functions of the project in this folder', command: '<%= config.bin %> deploy' },
    {
      description: 'One of them, with a note for the history',
      command: '<%= config.bin %> deploy hello --message "new greeting"',
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
    const [name, ...more] = names;
    const single = inline !== undefined || zip !== undefined;
    if (single && (name === undefined || more.length > 0)) {
      throw lamError('LAM_CLI_USAGE', {
        what: `--${inline === undefined ? 'zip' : 'inline'} requires the name of one function`,
        command: 'deploy',
      });
    }
    // Before a daemon is started: faults of lam.yaml and flags are reported without one.
    const overrides = overridesOf(flags);
    const functions = single ? [] : await functionsToDeploy(context.cwd, names);
    const deployment: Deployment = {
      client: await context.client(),
      place: { esbuildBinary: context.installation.esbuild(context.home), workspace: buildFolder(context.home) },
      by: context.by,
      dryRun: flags['dry-run'],
      overrides,
      ...(flags.message === undefined ? {} : { message: flags.message }),
      ...(flags.alias === undefined ? {} : { alias: aliasOf(flags.alias) }),
    };
    const all =
      name !== undefined && inline !== undefined
        ? [work(name, () => deployInline(name, inline, deployment))]
        : name !== undefined && zip !== undefined
          ? [work(name, () => deployZip(name, resolve(context.cwd, zip), deployment))]
          : functions.map((fn) => work(fn.name, (say) => deployFunction(fn, deployment, say)));
    return finish(all, context, flags['dry-run']);
  }
}

function work(name: string, run: (say: (line: string) => void) => Promise<Deployed>): Work<Deployed> {
  return {
    name,
    title: `deploying ${name}`,
    run,
    done: (d) => (d.unchanged ? `${name}: no change` : `${name} v${d.version}`),
  };
}

/** Deploys the functions, prints the result of each, and throws if any failed. */
async function finish(all: readonly Work<Deployed>[], { out }: CommandContext, dryRun: boolean): Promise<number> {
  const settled = await runTogether(all, out);
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
