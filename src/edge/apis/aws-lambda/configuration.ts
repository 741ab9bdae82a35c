import { createHash } from 'node:crypto';
import { LATEST, type Arns, type FunctionDetail, type VersionInfo } from '../../../contract/index.ts';
import { ownMember } from '../../../kit/index.ts';
import { awsTime } from '../../aws/answers.ts';
import { isLatest } from './arns.ts';
import { AUTHOR, functionFacts, isPublished, versionFacts } from './facts.ts';
import { imageOf } from './images.ts';

/** A version in an answer. */
export interface ShownVersion {
  readonly detail: FunctionDetail;
  readonly version: VersionInfo;
  /** How the request named it; undefined for the live version without a qualifier. */
  readonly qualifier: string | undefined;
}

/** What an answer says of the state: changes are made when they are answered, but AWS's clients wait for them. */
export type ShownState = 'creating' | 'updating' | 'settled' | 'listed';

const STATES: Readonly<Record<ShownState, Readonly<Record<string, string>>>> = {
  creating: { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' },
  updating: {
    State: 'Active',
    LastUpdateStatus: 'InProgress',
    LastUpdateStatusReason: 'The function is being created.',
    LastUpdateStatusReasonCode: 'Creating',
  },
  settled: { State: 'Active', LastUpdateStatus: 'Successful' },
  listed: {},
};

/** AWS's `FunctionConfiguration` of a version. */
export function configurationOf(arns: Arns, shown: ShownVersion, state: ShownState): Record<string, unknown> {
  const { detail, version, qualifier } = shown;
  const { name } = detail;
  const { config } = version;
  const facts = versionFacts(version);
  const { environment } = config;
  const isEmpty = Object.keys(environment).length === 0 && facts.hasEnvironment !== true;
  return {
    FunctionName: name,
    FunctionArn: arns.function(name, qualifier),
    ...packageOf(arns, version, state),
    Role: facts.Role ?? arns.iam('role/lam'),
    CodeSize: imageOf(version) !== undefined ? 0 : (version.zip?.size ?? version.size),
    Description: descriptionOf(shown),
    Timeout: Math.ceil(config.timeoutMs / 1000),
    MemorySize: config.memoryMiB,
    LastModified: awsTime(isLatest(qualifier) ? detail.updatedAt : version.createdAt),
    CodeSha256: codeSha256(version),
    Version: isLatest(qualifier) ? LATEST : String(version.version),
    ...(isEmpty ? {} : { Environment: { Variables: environment } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: revisionOf(shown),
    ...layersOf(arns, config.layers?.sources),
    ...STATES[state],
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: config.tmpMiB },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}` },
    ...facts.shown,
  };
}

/** What a function is made of. */
function packageOf(arns: Arns, version: VersionInfo, state: ShownState): Record<string, unknown> {
  const { runtime, handler } = version.config;
  const image = imageOf(version);
  if (image !== undefined) {
    const { config } = image;
    return { PackageType: 'Image', ...(config === undefined ? {} : { ImageConfigResponse: { ImageConfig: config } }) };
  }
  const own = state === 'listed' ? {} : { RuntimeVersionConfig: { RuntimeVersionArn: runtimeArn(arns, runtime) } };
  return { PackageType: 'Zip', Runtime: runtime, Handler: handler, ...own };
}

/** SHA-256 of the zip, in base64; of an image its id; of code that did not come in a zip its digest. */
export function codeSha256(version: VersionInfo): string {
  const { zip, artifact } = version;
  const image = imageOf(version);
  if (image !== undefined) return image.id.replace('sha256:', '');
  return zip?.sha256 ?? Buffer.from(artifact, 'hex').toString('base64');
}

/** Identifies a state of a version, or of the live pointer. */
export function revisionOf({ detail, version, qualifier }: ShownVersion): string {
  const { name, createdAt, updatedAt } = detail;
  const policy = policyState(detail, isLatest(qualifier) ? '' : String(version.version));
  return isLatest(qualifier)
    ? revisionId(name, createdAt, 'live', version.version, updatedAt, ...policy, ...publicationState(detail, version))
    : revisionId(name, createdAt, version.version, version.createdAt, ...policy);
}

/** What of a resource policy counts for the revision of what it is of; nothing without a policy. @param key its qualifier, or '' */
export function policyState(detail: FunctionDetail, key: string): readonly string[] {
  const statements = ownMember(functionFacts(detail).policies, key) ?? [];
  return statements.length === 0 ? [] : [JSON.stringify(statements)];
}

/** A publication gives the live version another revision, as it does with AWS. */
function publicationState(detail: FunctionDetail, version: VersionInfo): readonly string[] {
  return version.by === AUTHOR && isPublished(detail, version) ? ['published'] : [];
}

/** A UUID made of what identifies a state. */
export function revisionId(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function descriptionOf({ detail, version, qualifier }: ShownVersion): string {
  const own = isLatest(qualifier) ? undefined : functionFacts(detail).versions?.[String(version.version)]?.description;
  return own ?? version.config.description;
}

function layersOf(arns: Arns, sources: readonly string[] = []): { readonly Layers?: readonly unknown[] } {
  if (sources.length === 0) return {};
  const named = sources.map((source) => {
    const [, name, number] = /^([^/:]+):(\d+)$/.exec(source) ?? [];
    return name === undefined
      ? arns.layer(source.replaceAll(/[^a-zA-Z0-9-_]/g, '_'))
      : arns.layer(name, Number(number));
  });
  return { Layers: named.map((Arn) => ({ Arn, CodeSize: 0 })) };
}

function runtimeArn(arns: Arns, runtime: string): string {
  return arns.runtime(createHash('sha256').update(runtime).digest('hex'));
}
