import { Config, type Command, type Interfaces } from '@oclif/core';
import manifest from '../../oclif.manifest.json' with { type: 'json' };
import { COMMANDS, isCommandId } from './commands.ts';
import type { InstalledConfig, LamCommandClass } from './command-class.ts';
import type { Installation } from './installation.ts';

/** oclif's configuration for every command, with how this copy of lam is installed. */
export class LamConfig extends Config implements InstalledConfig {
  readonly installation: Installation;

  constructor(installation: Installation) {
    super({ root: '/', plugins: new Map([['lam', lamPlugin(installation.version)]]) });
    this.installation = installation;
  }

  /** Runs a command from the static map instead of looking for its file. Resolves with the exit code. */
  override async runCommand<T = unknown>(id: string, argv: string[] = []): Promise<T> {
    const command = this.findCommand(id, { must: true });
    const Loaded = (await command.load()) as unknown as LamCommandClass;
    return (await new Loaded(argv, this).run()) as T;
  }
}

const TOPICS: Readonly<Record<string, { description: string }>> = {
  alias: { description: 'Names that point at versions.' },
  config: { description: 'Settings of a function that survive deploys.' },
  dlq: { description: 'Dead letters: asynchronous events that failed for good.' },
  env: { description: 'Environment variables of a function that survive deploys.' },
  key: { description: "API keys: of lam's APIs, and of routes with `auth: api-key`." },
  layer: { description: 'Folders of files that functions share.' },
  route: { description: 'Routes at which functions answer over HTTP.' },
  schedule: { description: 'Schedules: what runs functions at planned times.' },
  trigger: { description: 'Triggers: queues, streams and all else that starts functions.' },
};

/** The one plugin: metadata from the manifest, classes from the static map. */
function lamPlugin(version: string): Interfaces.Plugin {
  const pjson = {
    name: 'lam',
    version,
    oclif: {
      bin: 'lam',
      dirname: 'lam',
      topicSeparator: ' ',
      topics: TOPICS,
      helpOptions: { hideAliasesFromRoot: true, flagSortOrder: 'none' },
      additionalHelpFlags: ['-h'],
    },
  } as unknown as Interfaces.PJSON;
  const cached = manifest.commands as unknown as Record<string, Command.Cached>;
  return {
    _base: '',
    alias: 'lam',
    commandIDs: Object.keys(COMMANDS),
    commands: Object.values(cached).map((command) => ({ ...command, load: () => loadCommand(command.id) })),
    commandsDir: undefined,
    findCommand: async (id: string) => loadCommand(id),
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => undefined,
    manifest: { commands: cached, version },
    moduleType: 'module',
    name: 'lam',
    options: { root: '/' },
    pjson,
    root: '/',
    topics: Object.entries(TOPICS).map(([name, topic]) => ({ name, ...topic })),
    type: 'core',
    valid: true,
    version,
  } as unknown as Interfaces.Plugin;
}

/** Loads the class of a command. */
async function loadCommand(id: string): Promise<Command.Class> {
  const known = isCommandId(id) ? id : undefined;
  if (known === undefined) return undefined as never;
  const { default: command } = await COMMANDS[known]();
  command.id = known;
  return command;
}
