import type { DestinationConfig } from '../../contract/index.ts';
import type { DestinationKind } from '../destination.ts';

/** A file that records are appended to. */
export interface FileDestination extends DestinationConfig {
  readonly type: 'file';
  readonly path: string;
}

/** Files in the folder `destinations` of lam's home, a line of JSON for each record. */
export const fileDestination: DestinationKind<FileDestination> = {
  type: 'file',
  schema: {
    description: 'A file, to which the record is appended as one line of JSON.',
    properties: {
      path: {
        description: "Path of the file below `destinations` in lam's home (LAM_HOME).",
        type: 'string',
        minLength: 1,
        examples: ['failed.jsonl'],
      },
    },
    required: ['path'],
  },
  form: 'file:PATH',
  fromText: (text) => (text.startsWith('file:') ? { type: 'file', path: text.slice('file:'.length) } : undefined),
  labelOf: ({ path }) => `file '${path}'`,
  // A deploy must not make the daemon write anywhere else on its machine.
  fault: ({ path }) =>
    /^[\w@+=,-][\w.@+=,-]*(\/[\w@+=,-][\w.@+=,-]*)*$/.test(path)
      ? undefined
      : {
          key: 'path',
          fault: `has the path '${path}'; use a relative path of letters, digits and ._-, whose names do not begin with a dot`,
        },
  load: async () => (await import('./run/file.ts')).fileOpener,
};
