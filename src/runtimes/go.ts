import { executableRuntime, withoutVersion } from './executable.ts';

/** A Go program with `aws-lambda-go`. */
export const go = executableRuntime({
  identifiers: ['go', 'go1.x'],
  awsIdentifiers: ['go1.x'],
  parse: withoutVersion(/^go(?:1\.x)?$/),
  toolchains: [
    {
      title: 'Go',
      program: 'go',
      ask: ['version'],
      wantedFor: null,
      supply: { debian: 'golang-go', site: 'https://go.dev/dl/' },
    },
  ],
  defaultTemplate: 'hello',
});
