import { executableRuntime, withoutVersion } from './executable.ts';

/** A Rust program with `lambda_runtime`. */
export const rust = executableRuntime({
  identifiers: ['rust'],
  awsIdentifiers: [],
  parse: withoutVersion(/^rust$/),
  toolchains: [
    {
      title: 'Rust',
      program: 'cargo',
      ask: ['--version'],
      wantedFor: null,
      supply: { debian: 'cargo', site: 'https://rustup.rs/' },
    },
  ],
  defaultTemplate: 'hello',
});
