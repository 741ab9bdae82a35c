import { isDeepStrictEqual } from 'node:util';
import type { LamClient } from '../../client/index.ts';
import {
  FILE_TEXT_BYTES,
  type FunctionName,
  type ManifestEntry,
  type ShownConfig,
  type VersionDetail,
  type VersionNumber,
} from '../../contract/index.ts';
import { eachLimited, unifiedDiff } from '../../kit/index.ts';
import { shownSetting } from '../../project/index.ts';
import { settingFields, triggersBesides } from './settings.ts';

/** Files whose texts are compared; the others are only listed. */
const MOST_TEXTS = 100;
/** Requests for texts at a time. */
const AT_ONCE = 4;

/** What differs between two versions of a function. */
export interface VersionDiff {
  readonly name: FunctionName;
  readonly from: VersionNumber;
  readonly to: VersionNumber;
  /** In the words of lam.yaml. */
  readonly settings: readonly { readonly setting: string; readonly from: string; readonly to: string }[];
  /** Keys; values may be secrets. */
  readonly environment: Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>;
  /** Sorted by path. */
  readonly files: readonly FileDiff[];
}

/** A file or link in its two versions; null where it does not exist. */
export interface FileDiff {
  readonly path: string;
  readonly from: FileFacts | null;
  readonly to: FileFacts | null;
  /** Hunks of a unified diff; null for files that are long or no text, for links, and beyond the first 100 files. */
  readonly diff: string | null;
}

/** Size of a file (bytes), or where a symbolic link points. */
export type FileFacts = { readonly size: number; readonly executable: boolean } | { readonly target: string };

/** Compares two versions. `texts`: whether to compare texts of files. Rejects with what the daemon answers. */
export async function diffVersions(
  client: LamClient,
  name: FunctionName,
  versions: { readonly from: VersionNumber; readonly to: VersionNumber },
  texts: boolean,
): Promise<VersionDiff> {
  const from = await client.versions.get(name, versions.from);
  const to = await client.versions.get(name, versions.to);
  const changes = changedFiles(from, to);
  const diffs = new Map<string, string | null>();
  if (texts)
    await eachLimited(changes.filter(hasTexts).slice(0, MOST_TEXTS), AT_ONCE, async ({ path, before, after }) => {
      const [old, now] = [await textOf(client, from, before), await textOf(client, to, after)];
      diffs.set(path, old === null || now === null ? null : unifiedDiff(old, now));
    });
  return {
    name,
    ...versions,
    settings: settingChanges(from.config, to.config),
    environment: environmentChanges(from.config.environment, to.config.environment),
    files: changes.map(({ path, before, after }) => ({
      path,
      from: factsOf(before),
      to: factsOf(after),
      diff: diffs.get(path) ?? null,
    })),
  };
}

interface Change {
  readonly path: string;
  readonly before: ManifestEntry | undefined;
  readonly after: ManifestEntry | undefined;
}

function changedFiles(from: VersionDetail, to: VersionDetail): readonly Change[] {
  const old = new Map(from.files.map((entry) => [entry.path, entry]));
  const now = new Map(to.files.map((entry) => [entry.path, entry]));
  return [...new Set([...old.keys(), ...now.keys()])]
    .toSorted()
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }))
    .filter(({ before, after }) => !isDeepStrictEqual(before, after));
}

/** Whether both sides may be short texts of different content. */
function hasTexts({ before, after }: Change): boolean {
  const [old, now] = [before, after].map((entry) => (entry?.kind === 'file' ? entry.digest : undefined));
  return old !== now && [before, after].every((entry) => entry === undefined || isShort(entry));
}

function isShort(entry: ManifestEntry): boolean {
  return entry.kind === 'file' && entry.size <= FILE_TEXT_BYTES;
}

/** The text of a file, empty for one that does not exist. */
async function textOf(
  client: LamClient,
  { name, version }: VersionDetail,
  entry: ManifestEntry | undefined,
): Promise<string | null> {
  return entry === undefined ? '' : (await client.versions.file({ name, version, path: entry.path })).text;
}

function factsOf(entry: ManifestEntry | undefined): FileFacts | null {
  if (entry === undefined) return null;
  return entry.kind === 'file' ? { size: entry.size, executable: entry.executable } : { target: entry.target };
}

function settingChanges(from: ShownConfig, to: ShownConfig): VersionDiff['settings'] {
  const changed = settingFields()
    .filter(([, field]) => !isDeepStrictEqual(from[field], to[field]))
    .map(([setting, field]) => ({
      setting,
      from: shownSetting(field, from[field]),
      to: shownSetting(field, to[field]),
    }));
  const [before, after] = [from, to].map((config) => triggersBesides(config));
  if (isDeepStrictEqual(before, after)) return changed;
  return [
    ...changed,
    { setting: 'triggers', from: shownSetting('triggers', before), to: shownSetting('triggers', after) },
  ];
}

function environmentChanges(
  from: ShownConfig['environment'],
  to: ShownConfig['environment'],
): VersionDiff['environment'] {
  return {
    added: Object.keys(to).filter((key) => !Object.hasOwn(from, key)),
    changed: Object.keys(to).filter((key) => Object.hasOwn(from, key) && from[key] !== to[key]),
    removed: Object.keys(from).filter((key) => !Object.hasOwn(to, key)),
  };
}
