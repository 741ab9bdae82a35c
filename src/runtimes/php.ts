import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExport } from './handler.ts';
import { foreignPrefix } from './prefix.ts';

/** Settings of the client's process, over those of this machine's php.ini. */
const SETTINGS: Readonly<Record<string, string>> = {
  // The sandbox limits both.
  memory_limit: '-1',
  max_execution_time: '0',
  // Warnings are printed like everything else, so that they stand in the log of their invocation.
  display_errors: '1',
  log_errors: '0',
  html_errors: '0',
  // `$_ENV` is filled, as in Docker's PHP without a php.ini.
  variables_order: 'EGPCS',
  auto_prepend_file: '',
  auto_append_file: '',
};

/** PHP from PATH. */
export const php: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^php(\d+(?:\.\d+)?)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['php', 'php8.2', 'php8.3', 'php8.4'],
  awsIdentifiers: [],
  handler: fileAndExport('index.handler'),
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'PHP',
      programs: (version) => (version === undefined ? ['php'] : [`php${version}`, 'php']),
      ask: ['-n', '-r', 'echo PHP_BINARY, "\\n", PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION, ".", PHP_RELEASE_VERSION;'],
      oldest: '8.1',
      inImage: 'php',
      folders: foreignPrefix,
      supply: { debian: 'php-cli', site: 'https://www.php.net/downloads' },
    },
    client: 'bootstrap-php',
    arguments: ({ client }) => [
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-d', `${name}=${value}`]),
      `${client}/main.php`,
    ],
  },
  toolchains: [
    {
      title: 'Composer',
      program: 'composer',
      ask: ['--version'],
      wantedFor: 'functions with a composer.json',
      supply: { debian: 'composer', site: 'https://getcomposer.org' },
    },
  ],
  concurrency: 'one',
  // Which PHP is found depends on the version.
  stems: 'per-version',
  isManaged: false,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
