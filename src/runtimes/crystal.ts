import { executableRuntime, withoutVersion } from './executable.ts';

/** A Crystal program that speaks the Runtime API. */
export const crystal = executableRuntime({
  identifiers: ['crystal'],
  awsIdentifiers: [],
  parse: withoutVersion(/^crystal$/),
  toolchains: [
    {
      title: 'Crystal',
      program: 'crystal',
      ask: ['--version'],
      wantedFor: null,
      supply: { debian: 'crystal', site: 'https://crystal-lang.org/install/' },
    },
  ],
  defaultTemplate: 'hello',
});
