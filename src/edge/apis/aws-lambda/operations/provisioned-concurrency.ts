import { isQualifier, LATEST, type Qualifier, type VersionNumber } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import { awsTime } from '../../../aws/answers.ts';
import { numberIn } from '../../../aws/members.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import {
  detailOf,
  functionMissing,
  namedIn,
  qualifierMissing,
  seenVersion,
  unlessMissing,
  unqualified,
  type SeenVersion,
} from '../lookups.ts';
import { pageOf } from '../pages.ts';
import { CONCURRENCY, UNRESERVED } from './concurrency.ts';

/** AWS's largest page. */
const MOST_CONFIGS = 50;

/** Sandboxes that are kept warm for published versions and aliases. */
export const PROVISIONED_ACTIONS: AwsActions = {
  PutProvisionedConcurrencyConfig: put,
  GetProvisionedConcurrencyConfig: (call) => {
    const seen = publishedIn(call, ONLY_PUBLISHED);
    const { count, modifiedAt } = ownMember(seen.detail.provisioned, seen.qualifier) ?? notProvisioned();
    return shown(call, seen, { count, modifiedAt });
  },
  ListProvisionedConcurrencyConfigs: (call) => {
    const detail = detailOf(call, unqualified(call));
    const all = Object.entries(detail.provisioned ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const there = all.filter(
      ([qualifier]) =>
        Object.hasOwn(detail.aliases, qualifier) ||
        detail.allVersions.some(({ version }) => String(version) === qualifier),
    );
    const { items, next } = pageOf(call, there, ([qualifier]) => qualifier, MOST_CONFIGS);
    const configs = items.map(([qualifier, provisioned]) => ({
      FunctionArn: call.arns.function(detail.name, qualifier),
      ...shown(call, seenVersion(call, { name: detail.name, qualifier }), provisioned),
    }));
    return { ProvisionedConcurrencyConfigs: configs, ...next };
  },
  async DeleteProvisionedConcurrencyConfig(call) {
    const { name, qualifier } = publishedIn(call, ONLY_PUBLISHED);
    await call.operations.provisioned.remove(name, qualifier);
  },
};

const ONLY_PUBLISHED = 'The function resource provided must be an alias or a published version.';

interface Provisioned {
  readonly count: number;
  readonly modifiedAt: number;
}

async function put(call: AwsCall): Promise<unknown> {
  const seen = publishedIn(call, 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
  const { name, qualifier, detail, version } = seen;
  const count = numberIn(call.input, 'ProvisionedConcurrentExecutions') ?? 0;
  checkBeside(seen);
  checkCount(detail.config.reservedConcurrency, count);
  await call.operations.provisioned.set(name, qualifier, count);
  const { modifiedAt = 0 } = ownMember(detailOf(call, name).provisioned, qualifier) ?? {};
  return { ...shown(call, { name, version }, { count, modifiedAt }), ...BEGUN };
}

/** What AWS says of what was just put. */
const BEGUN = {
  AllocatedProvisionedConcurrentExecutions: 0,
  AvailableProvisionedConcurrentExecutions: 0,
  Status: 'IN_PROGRESS',
};

/** Throws `LAM_AWS_CONFLICT` where the version is provisioned by another name of it. */
function checkBeside({ detail, version, qualifier }: QualifiedVersion): void {
  const number = String(version.version);
  const provisioned = detail.provisioned ?? {};
  if (qualifier !== number && Object.hasOwn(provisioned, number))
    throw conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
  const isPointed = Object.entries(detail.aliases).some(
    ([alias, to]) => String(to) === qualifier && Object.hasOwn(provisioned, alias),
  );
  if (isPointed) throw conflict('Version is pointed by a Provisioned Concurrency alias');
}

function checkCount(reserved: number | null, count: number): void {
  if (reserved !== null && count > reserved)
    throw refused(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
  if (count > CONCURRENCY)
    throw refused(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${CONCURRENCY}].`,
    );
  if (CONCURRENCY - count < UNRESERVED)
    throw refused(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED}].`,
    );
}

interface QualifiedVersion extends SeenVersion {
  readonly qualifier: Qualifier;
}

/** The version that a request names by number or alias. Throws `LAM_AWS_PARAMETER` with `refusal` for `$LATEST`. */
function publishedIn(call: AwsCall, refusal: string): QualifiedVersion {
  const { name, qualifier } = namedIn(call);
  if (qualifier === undefined || qualifier === LATEST) throw refused(refusal);
  if (!isQualifier(qualifier)) throw functionMissing(call, name, qualifier);
  const seen = unlessMissing(() => seenVersion(call, { name, qualifier }));
  if (seen === undefined) throw qualifierMissing(call, name, qualifier);
  return { ...seen, qualifier };
}

/** How it is now: sandboxes of the version that are ready count, up to what was asked for. */
function shown(
  call: AwsCall,
  { name, version }: Pick<SeenVersion, 'name' | 'version'>,
  { count, modifiedAt }: Provisioned,
): Record<string, unknown> {
  const number: VersionNumber = version.version;
  const { ready, starting } = call.operations.provisioned.warm(name, number);
  return {
    RequestedProvisionedConcurrentExecutions: count,
    AvailableProvisionedConcurrentExecutions: Math.min(count, ready),
    AllocatedProvisionedConcurrentExecutions: Math.min(count, ready + starting),
    Status: ready >= count ? 'READY' : 'IN_PROGRESS',
    LastModified: awsTime(modifiedAt),
  };
}

function notProvisioned(): never {
  throw lamError('LAM_AWS_NOT_PROVISIONED', {});
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}

function conflict(message: string): Error {
  return lamError('LAM_AWS_CONFLICT', { message });
}
