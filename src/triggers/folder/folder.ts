import { isAbsolute, normalize } from 'node:path';
import type { KindFault, TriggerKind } from '../kind.ts';
import { listOf } from './selection.ts';
import { FOLDER_DEFAULTS, FOLDER_EVENTS, MOST_CONTENT_BYTES, type FolderTrigger } from './settings.ts';

/** Watched folders: an event for each file that is put there. */
export const folder: TriggerKind<FolderTrigger> = {
  type: 'folder',
  noun: 'folder',
  schema: {
    description: "Files in a folder of the daemon's machine, as events of the form of Amazon S3's.",
    properties: {
      path: {
        description: 'Absolute path of the folder.',
        type: 'string',
        minLength: 1,
        examples: ['/srv/inbox'],
      },
      prefix: {
        description: 'Only files whose key, the path within the folder, begins so.',
        type: 'string',
        default: FOLDER_DEFAULTS.prefix,
        examples: ['orders/', 'invoice-'],
      },
      suffix: {
        description: 'Only files whose key ends so, or in one of several ways.',
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        default: FOLDER_DEFAULTS.suffix,
        examples: ['.csv', ['.jpg', '.png']],
      },
      include: {
        description:
          'Only files whose key matches a glob pattern, or one of several: `*` and `?` within a name, `**` over subfolders, `{a,b}`, `[a-z]`.',
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        minLength: 1,
        examples: ['**/*.{csv,json}', ['orders-*.csv', 'bills-*.csv']],
      },
      exclude: {
        description:
          'No files and subfolders whose key matches a glob pattern, or one of several; nothing below such a subfolder.',
        type: ['string', 'array'],
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        minLength: 1,
        examples: ['*.tmp', ['**/*.part', 'archive']],
      },
      recursive: {
        description: 'Whether subfolders are watched, too.',
        type: 'boolean',
        default: FOLDER_DEFAULTS.recursive,
        examples: [true],
      },
      hidden: {
        description: 'Whether files and subfolders count whose names begin with a dot.',
        type: 'boolean',
        default: FOLDER_DEFAULTS.hidden,
        examples: [true],
      },
      existing: {
        description: 'Whether files are reported that are in the folder when the trigger first starts.',
        type: 'boolean',
        default: FOLDER_DEFAULTS.existing,
        examples: [true],
      },
      events: {
        description:
          'What is reported: files that were created or changed (`created`), files that were removed (`removed`).',
        type: 'array',
        items: { type: 'string', enum: FOLDER_EVENTS },
        minItems: 1,
        default: FOLDER_DEFAULTS.events,
        examples: [['created', 'removed']],
      },
      stableFor: {
        description:
          'Time for which size and modification time of a file must not change before it is reported (seconds). A file that is moved into the folder is reported at once.',
        type: 'number',
        minimum: 0,
        maximum: 3600,
        default: FOLDER_DEFAULTS.stableFor,
        examples: [5],
      },
      pollInterval: {
        description:
          'Time between two comparisons of the whole folder with what was reported (seconds), for file systems that do not announce changes, such as those of other machines.',
        type: 'number',
        minimum: 1,
        maximum: 86_400,
        default: FOLDER_DEFAULTS.pollInterval,
        examples: [10],
      },
      content: {
        description: `Whether events hold the content of files up to ${MOST_CONTENT_BYTES / 1024 / 1024} MiB, in base64, for functions that cannot read the folder.`,
        type: 'boolean',
        default: FOLDER_DEFAULTS.content,
        examples: [true],
      },
    },
    required: ['path'],
  },
  nameOf: ({ path }) => path,
  fault: folderFault,
  load: async () => (await import('./run/run.ts')).folders(),
};

function folderFault(config: FolderTrigger): KindFault | undefined {
  const { path, prefix = '' } = config;
  if (!isAbsolute(path))
    return {
      key: 'path',
      fault: `has a relative path; write an absolute one, for instance '${normalize(`/srv/${path}`)}'`,
    };
  if (path.includes('\0')) return { key: 'path', fault: 'has a path with a NUL character' };
  const parts = prefix.split('/');
  const isVain = parts.slice(0, -1).some((part) => NO_NAME.has(part));
  return keyFault(config, { key: 'prefix', noun: 'prefix', text: prefix, isVain }) ?? patternFault(config);
}

/** What is no name of a file or a subfolder. */
const NO_NAME: ReadonlySet<string> = new Set(['', '.', '..']);

function patternFault(config: FolderTrigger): KindFault | undefined {
  for (const key of ['include', 'exclude'] as const)
    for (const text of listOf(config[key] ?? [])) {
      if (text.includes('\\'))
        return {
          key,
          fault: `has the pattern '${text}'; separate folders with '/', and write '[*]' for a '*' in a name`,
        };
      const isVain = text.split('/').some((part) => NO_NAME.has(part));
      const fault = keyFault(config, { key, noun: 'pattern', text, isVain });
      if (fault !== undefined) return fault;
    }
  return undefined;
}

/** Returns the fault of text that keys are compared with. `isVain`: whether no key can be like it. */
function keyFault(
  { recursive, hidden }: FolderTrigger,
  { key, noun, text, isVain }: { key: string; noun: string; text: string; isVain: boolean },
): KindFault | undefined {
  if (isVain)
    return {
      key,
      fault: `has the ${noun} '${text}', which no file has: keys are relative to the folder, like 'orders/1.csv'`,
    };
  const parts = text.split('/');
  if (parts.length > 1 && recursive !== true)
    return { key, fault: `has the ${noun} '${text}' in a subfolder; set 'recursive: true' too` };
  if (hidden !== true && parts.some((part) => part.startsWith('.')))
    return { key, fault: `has the ${noun} '${text}', of hidden files; set 'hidden: true' too` };
  return undefined;
}
