import type { RuntimeDescriptor } from './descriptor.ts';
import { fileAndExportFault, fileOfHandler } from './handler.ts';
import { foreignPrefix } from './prefix.ts';

const DEFAULT_HANDLER = 'lambda_function.lambda_handler';

/** Ruby from PATH. */
export const ruby: RuntimeDescriptor = {
  parse(identifier) {
    const match = /^ruby([2-4](?:\.\d+)?)?$/.exec(identifier);
    return match === null ? undefined : { version: match[1] };
  },
  identifiers: ['ruby', 'ruby3.2', 'ruby3.3', 'ruby3.4'],
  awsIdentifiers: ['ruby2.5', 'ruby2.7', 'ruby3.2', 'ruby3.3', 'ruby3.4'],
  handler: {
    default: DEFAULT_HANDLER,
    file: fileOfHandler,
    fault(handler) {
      const isLong = handler.slice(handler.lastIndexOf('/') + 1).split('.').length > 3;
      return isLong
        ? `must read 'file.method' or 'file.Class.method', for instance '${DEFAULT_HANDLER}'`
        : fileAndExportFault(handler, DEFAULT_HANDLER);
    },
  },
  protocol: 'frames',
  entry: {
    kind: 'interpreter',
    interpreter: {
      kind: 'on-path',
      title: 'Ruby',
      programs: (version) => (version === undefined ? ['ruby'] : [`ruby${version}`, 'ruby']),
      ask: ['--disable=gems,rubyopt', '-rrbconfig', '-e', 'puts RbConfig.ruby, RUBY_VERSION'],
      oldest: '3.1',
      inImage: 'ruby',
      parts: {
        ask: [
          '--disable=gems,rubyopt',
          ...[
            '-rrbconfig',
            '-e',
            'puts RbConfig::CONFIG.values_at(*%w[rubylibdir rubyarchdir vendordir vendorarchdir])',
          ],
        ],
        folders: (printed) => printed.split('\n').filter((line) => line.startsWith('/')),
        leaveOut: ['rdoc', 'irb', 'test', 'bundler', 'ri'],
      },
      folders: foreignPrefix,
      supply: { debian: 'ruby', site: 'https://www.ruby-lang.org/en/downloads/' },
    },
    client: 'bootstrap-ruby',
    // Without RubyGems it starts in a fifth of the time; the client loads it for functions that need it.
    arguments: ({ client }) => ['--disable=gems,rubyopt', '-EUTF-8', `${client}/main.rb`],
  },
  toolchains: [
    {
      title: 'Bundler',
      program: 'bundle',
      ask: ['--version'],
      wantedFor: 'functions with a Gemfile',
      supply: { debian: 'ruby-bundler', site: 'https://bundler.io' },
    },
  ],
  // Which Ruby is found depends on the version.
  stems: 'per-version',
  isManaged: true,
  layerPaths: (version) => ({
    RUBYLIB: ['ruby/lib'],
    ...(version === undefined ? {} : { GEM_PATH: [`ruby/gems/${version}.0`] }),
  }),
  publishedImage: (version = '3') => `ruby:${version}-slim`,
  environment: () => ({}),
  defaultTemplate: 'hello',
};
