import type { FunctionDetail, FunctionSummary, VersionInfo } from '../contract/index.ts';
import type { FunctionOutline, FunctionRecord } from '../store/index.ts';
import { requireVersion } from './records.ts';
import { functionArn, type Revision } from './revision.ts';

/** What the registry shows but others know. Called when an answer is made, never before. */
export interface Surroundings {
  /** Where a function answers over HTTP. */
  readonly url: (name: string) => string;
  readonly sandboxes: (name: string) => FunctionSummary['sandboxes'];
  /** How many warm sandboxes of a revision there are. */
  readonly warm: (revision: Revision) => number;
}

export function summaryOf(
  name: string,
  outline: Pick<FunctionOutline, 'runtime' | 'routes' | 'live' | 'versions' | 'updatedAt'>,
  around: Surroundings,
): FunctionSummary {
  const { runtime, live, versions, routes, updatedAt } = outline;
  return { name, runtime, live, versions, url: around.url(name), routes, updatedAt, sandboxes: around.sandboxes(name) };
}

/** The whole of a function; `record` is the caller's own copy. */
export function detailOf(record: FunctionRecord, around: Surroundings): FunctionDetail {
  const { name, live, updatedAt } = record;
  const { config } = requireVersion(record, live);
  const { runtime, routes } = config;
  const outline = { runtime, routes, live, updatedAt, versions: Object.keys(record.versions).length };
  return {
    ...summaryOf(name, outline, around),
    createdAt: record.createdAt,
    arn: functionArn(name),
    config,
    overrides: record.overrides,
    aliases: record.aliases,
    allVersions: versionsOf(record),
    history: record.history.toReversed(),
  };
}

/** Newest first. */
function versionsOf(record: FunctionRecord): VersionInfo[] {
  return Object.values(record.versions)
    .toSorted((a, b) => b.version - a.version)
    .map(({ version, artifact, config, createdAt, by, message, size }) => ({
      version,
      artifact,
      config,
      createdAt,
      by,
      message,
      size,
      live: version === record.live,
      aliases: Object.keys(record.aliases)
        .filter((alias) => record.aliases[alias] === version)
        .toSorted(),
    }));
}
