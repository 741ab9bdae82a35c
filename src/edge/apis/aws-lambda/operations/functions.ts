import {
  LATEST,
  type Digest,
  type FunctionDetail,
  type FunctionName,
  type KeptZip,
  type PublishAnswer,
  type PublishRequest,
  type VersionInfo,
  type VersionNumber,
} from '../../../../contract/index.ts';
import { isLamError, lamError } from '../../../../errors/index.ts';
import type { Operations } from '../../../../operations/index.ts';
import { isLatest, namedFunction } from '../arns.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { storeCode } from '../code.ts';
import { checkPackage, imageCode, imageOf, shownImage, type ImageCodeOf } from '../images.ts';
import { codeSha256, configurationOf, revisionOf } from '../configuration.ts';
import { asForeign, AUTHOR, changeFacts, functionFacts, isPublished, versionFacts, type ImageFacts } from '../facts.ts';
import {
  checkRevision,
  detailOf,
  functionMissing,
  liveVersion,
  namedIn,
  seenVersion,
  unqualified,
} from '../lookups.ts';
import { numberKey, pageOf } from '../pages.ts';
import { published } from '../publication.ts';
import { settingsOf } from '../settings.ts';
import { existingSigning, withSigning } from './code-signing.ts';
import { checkedTags } from './tags.ts';

/** AWS's largest page of functions. */
const MOST_FUNCTIONS = 50;

/** Functions: create, get, list, update, delete. */
export const FUNCTION_ACTIONS: AwsActions = {
  CreateFunction: create,
  GetFunction: (call) => {
    const seen = seenVersion(call, namedIn(call));
    const { name, version, detail } = seen;
    const image = imageOf(version);
    const { tags = {} } = functionFacts(detail);
    const reserved = detail.config.reservedConcurrency;
    return {
      Configuration: configurationOf(call.arns, seen, 'settled'),
      Code:
        image === undefined
          ? { RepositoryType: 'S3', Location: call.codeUrl(`functions/${name}/${version.version}`) }
          : shownImage(image),
      ...(Object.keys(tags).length === 0 ? {} : { Tags: tags }),
      ...(reserved === null ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
    };
  },
  GetFunctionConfiguration: (call) => configurationOf(call.arns, seenVersion(call, namedIn(call)), 'settled'),
  ListFunctions: list,
  UpdateFunctionCode: updateCode,
  UpdateFunctionConfiguration: updateConfiguration,
  DeleteFunction: remove,
};

async function create(call: AwsCall): Promise<unknown> {
  const { operations, input } = call;
  const name = newName(call);
  const { config, facts } = await settingsOf(call);
  const tags = checkedTags((objectIn(input, 'Tags') ?? {}) as Record<string, string>);
  const signing = existingSigning(call);
  const made = await newCode(call);
  const { image } = made;
  const version = await publishNew(call, name, {
    ...made.code,
    config: { ...config, ...made.config },
    foreign: asForeign({ ...facts, ...(image === undefined ? {} : { image }) }),
  });
  if (Object.keys(tags).length > 0 || signing !== undefined)
    await changeFacts(operations, name, (before) => withSigning({ ...before, tags }, signing));
  if (input['Publish'] === true) return published(call, { name, version, state: 'creating' });
  return configurationOf(call.arns, liveVersion(call, name), 'creating');
}

/** The name of a function that can be created: there is none of it. Throws in AWS's words. */
function newName(call: AwsCall): FunctionName {
  const { operations } = call;
  const { name, qualifier } = namedFunction(call.arns, textIn(call.input, 'FunctionName') ?? '');
  if (qualifier !== undefined) throw refused(`The function name must not have a qualifier: ${qualifier}`);
  if (operations.functions.names().includes(name)) throw existing(name);
  checkPackage(call);
  return name;
}

/** Code that was stored, with the settings and facts that follow from it. */
interface MadeCode {
  readonly code: { readonly artifact: Digest; readonly zip?: KeptZip };
  readonly config: Partial<ImageCodeOf['config']>;
  readonly image: ImageFacts | undefined;
}

async function newCode(call: AwsCall): Promise<MadeCode> {
  const code = objectIn(call.input, 'Code') ?? {};
  if (textIn(call.input, 'PackageType') !== 'Image')
    return { code: await storeCode(call, code), config: {}, image: undefined };
  const config = objectIn(call.input, 'ImageConfig');
  const made = await imageCode(call, textIn(code, 'ImageUri') ?? '', config === undefined ? {} : { config });
  return { code: { artifact: made.artifact }, config: made.config, image: made.image };
}

/** The code of a request to UpdateFunctionCode, of the same kind as the one before. */
async function otherCode(call: AwsCall, version: VersionInfo): Promise<MadeCode> {
  const { input } = call;
  const uri = textIn(input, 'ImageUri');
  const image = imageOf(version);
  if (image === undefined) {
    if (uri !== undefined)
      throw refused("Please don't provide ImageUri when updating a function with packageType Zip.");
    return { code: await storeCode(call, input), config: {}, image: undefined };
  }
  if (uri === undefined) throw refused('Please provide ImageUri when updating a function with packageType Image.');
  const { config } = image;
  const made = await imageCode(call, uri, config === undefined ? {} : { config });
  return { code: { artifact: made.artifact }, config: made.config, image: made.image };
}

async function publishNew(
  { operations }: AwsCall,
  name: FunctionName,
  request: Pick<PublishRequest, 'artifact' | 'zip' | 'config' | 'foreign'>,
): Promise<VersionNumber> {
  try {
    const first = { ...request, onto: null, by: AUTHOR, verify: false };
    return (await operations.versions.publish(name, first)).version;
  } catch (thrown) {
    throw isLamError(thrown) && thrown.code === 'LAM_REGISTRY_MOVED' ? existing(name) : thrown;
  }
}

function existing(name: string): Error {
  return lamError('LAM_AWS_CONFLICT', { message: `Function already exist: ${name}` });
}

function list(call: AwsCall): unknown {
  const { functions } = call.operations;
  const { items, next } = pageOf(call, functions.names(), (name) => name, MOST_FUNCTIONS);
  const isWhole = textIn(call.input, 'FunctionVersion') === 'ALL';
  const shown = items.flatMap((name) => {
    const detail = functions.detail(name);
    return isWhole ? allVersions(call, detail) : [configurationOf(call.arns, live(call, detail), 'listed')];
  });
  return { Functions: shown, ...next };
}

function live(
  call: AwsCall,
  detail: FunctionDetail,
): { detail: FunctionDetail; version: VersionInfo; qualifier: undefined } {
  const version = detail.allVersions.find((each) => each.version === detail.live);
  if (version === undefined) throw functionMissing(call, detail.name);
  return { detail, version, qualifier: undefined };
}

/** `$LATEST` with its ARN qualified, then the published versions, oldest first. */
function allVersions(call: AwsCall, detail: FunctionDetail): unknown[] {
  const published = detail.allVersions.filter((version) => isPublished(detail, version)).toReversed();
  return [
    configurationOf(call.arns, { ...live(call, detail), qualifier: LATEST }, 'listed'),
    ...published.map((version) =>
      configurationOf(call.arns, { detail, version, qualifier: String(version.version) }, 'listed'),
    ),
  ];
}

/** Versions of a function, for ListVersionsByFunction. */
export function listVersions(call: AwsCall): unknown {
  const detail = detailOf(call, unqualified(call));
  const all = allVersions(call, detail) as { readonly Version: string }[];
  const { items, next } = pageOf(call, all, ({ Version }) => numberKey(Version === LATEST ? 0 : Number(Version)));
  return { Versions: items, ...next };
}

async function updateCode(call: AwsCall): Promise<unknown> {
  const { input } = call;
  const name = unqualified(call);
  const seen = liveVersion(call, name);
  checkRevision(call, revisionOf(seen));
  const { code, image } = await otherCode(call, seen.version);
  const { Architectures: architectures } = input;
  const before = { ...versionFacts(seen.version), ...(image === undefined ? {} : { image }) };
  const facts =
    architectures === undefined ? before : { ...before, shown: { ...before.shown, Architectures: architectures } };
  const dryRun = input['DryRun'] === true;
  const { version: number } = await amend(call, seen.detail, { code, foreign: asForeign(facts), dryRun });
  if (dryRun) {
    const version: VersionInfo = { ...seen.version, ...code, foreign: asForeign(facts) };
    return { ...configurationOf(call.arns, { ...seen, version }, 'settled'), CodeSha256: codeSha256(version) };
  }
  if (input['Publish'] === true) return published(call, { name, version: number, state: 'creating' });
  return configurationOf(call.arns, liveVersion(call, name), 'updating');
}

async function updateConfiguration(call: AwsCall): Promise<unknown> {
  const name = unqualified(call);
  const seen = liveVersion(call, name);
  checkRevision(call, revisionOf(seen));
  const { config, facts } = await settingsOf(call, versionFacts(seen.version));
  const started = await startedOtherwise(call, seen.version);
  const foreign = asForeign({ ...facts, ...(started === undefined ? {} : { image: started.image }) });
  await amend(call, seen.detail, {
    config,
    foreign,
    ...(started === undefined ? {} : { code: { artifact: started.artifact } }),
  });
  return configurationOf(call.arns, liveVersion(call, name), 'updating');
}

/** The same image with another `ImageConfig`; undefined if a request has none. */
async function startedOtherwise(call: AwsCall, version: VersionInfo): Promise<ImageCodeOf | undefined> {
  const { input } = call;
  const config = objectIn(input, 'ImageConfig');
  const image = imageOf(version);
  if (image !== undefined && (input['Runtime'] !== undefined || input['Handler'] !== undefined))
    throw refused("Please don't provide Handler or Runtime when updating a function with packageType Image.");
  if (config === undefined) return undefined;
  if (image === undefined)
    throw refused("Please don't provide ImageConfig when updating a function with packageType Zip.");
  return imageCode(call, image.uri, { config, found: image.id });
}

/** Changes the live version; a request with a `RevisionId` only if it is still that one. */
async function amend(
  { arns, operations, input }: AwsCall,
  { name, live: version, updatedAt }: FunctionDetail,
  change: Parameters<Operations['versions']['amend']>[1],
): Promise<PublishAnswer> {
  const onto = input['RevisionId'] === undefined ? {} : { onto: { live: version, updatedAt } };
  try {
    return await operations.versions.amend(name, { ...change, ...onto, by: AUTHOR, verify: false });
  } catch (thrown) {
    if (!isLamError(thrown)) throw thrown;
    if (thrown.code === 'LAM_REGISTRY_MOVED')
      throw lamError('LAM_AWS_REVISION', { look: 'GetFunction/GetAlias' }, thrown);
    if (thrown.code !== 'LAM_OPERATIONS_OVERTAKEN') throw thrown;
    const what = `An update is in progress for resource: ${arns.function(name)}`;
    throw lamError('LAM_AWS_CONFLICT', { message: `The operation cannot be performed at this time. ${what}` }, thrown);
  }
}

async function remove(call: AwsCall): Promise<undefined> {
  const { operations } = call;
  const { name, qualifier } = namedIn(call);
  if (qualifier === LATEST) throw refused('$LATEST version cannot be deleted without deleting the function.');
  const detail = detailOf(call, name);
  if (isLatest(qualifier)) {
    await operations.functions.remove(name);
    return undefined;
  }
  const version = detail.allVersions.find((each) => String(each.version) === qualifier);
  if (Object.hasOwn(detail.aliases, qualifier ?? '')) throw refused('Deletion of aliases is not currently supported.');
  if (version === undefined) return undefined;
  if (version.aliases.length > 0)
    throw lamError('LAM_AWS_CONFLICT', {
      message: `Version ${qualifier} cannot be deleted because the following aliases reference it: [${version.aliases.join(', ')}]`,
    });
  // Where the live pointer leads stays; the number alone is gone.
  if (version.live)
    await changeFacts(operations, name, (facts) => ({
      ...facts,
      versions: { ...facts.versions, [String(version.version)]: { isDeleted: true } },
    }));
  else await operations.versions.remove(name, version.version);
  return undefined;
}

function refused(message: string): Error {
  return lamError('LAM_AWS_PARAMETER', { message });
}
