import type { TriggerConfig } from '../../contract/index.ts';

/** What can happen to a file. */
export type FolderEvent = 'created' | 'removed';

export const FOLDER_EVENTS: readonly FolderEvent[] = ['created', 'removed'];

/** A watched folder. */
export interface FolderTrigger extends TriggerConfig {
  readonly type: 'folder';
  /** Absolute. */
  readonly path: string;
  /** Beginning of the keys of files that count. */
  readonly prefix?: string;
  /** Ends of the keys of files that count, any of them. */
  readonly suffix?: string | readonly string[];
  /** Glob patterns; files whose keys match any of them count. Without any, all do. */
  readonly include?: string | readonly string[];
  /** Glob patterns; files and subfolders whose keys match any of them do not count. */
  readonly exclude?: string | readonly string[];
  readonly recursive?: boolean;
  /** Whether names that begin with a dot count. */
  readonly hidden?: boolean;
  /** Whether files that are there when the trigger first starts are reported. */
  readonly existing?: boolean;
  readonly events?: readonly FolderEvent[];
  /** Seconds. */
  readonly stableFor?: number;
  /** Seconds. */
  readonly pollInterval?: number;
  /** Whether events hold the content of files. */
  readonly content?: boolean;
}

/** Values of settings that an entry does not have. */
export const FOLDER_DEFAULTS = {
  prefix: '',
  suffix: '',
  include: [] as readonly string[],
  exclude: [] as readonly string[],
  recursive: false,
  hidden: false,
  existing: false,
  events: ['created'] as readonly FolderEvent[],
  stableFor: 1,
  pollInterval: 60,
  content: false,
} as const satisfies Required<Omit<FolderTrigger, 'type' | 'name' | 'path'>>;

/** Longest content of a file that an event holds (bytes): as base64 it leaves room for the rest of the event. */
export const MOST_CONTENT_BYTES = 4 * 1024 * 1024;
