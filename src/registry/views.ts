import type { FunctionDetail, FunctionSummary, VersionInfo } from '../contract/index.ts';
import type { FunctionRecord } from '../store/index.ts';
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

export function summaryOf(record: FunctionRecord, around: Surroundings): FunctionSummary {
  const { config } = requireVersion(record, record.live);
  return {
    name: record.name,
    runtime: config.runtime,
    live: record.live,
    versions: Object.keys(record.versions).length,
    url: around.url(record.name),
    routes: config.routes,
    updatedAt: record.updatedAt,
    sandboxes: around.sandboxes(record.name),
  };
}

/** The whole of a function, its own copy. */
export function detailOf(record: FunctionRecord, around: Surroundings): FunctionDetail {
  return structuredClone({
    ...summaryOf(record, around),
    createdAt: record.createdAt,
    arn: functionArn(record.name),
    config: requireVersion(record, record.live).config,
    overrides: record.overrides,
    aliases: record.aliases,
    allVersions: versionsOf(record),
    history: record.history.toReversed(),
  });
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
