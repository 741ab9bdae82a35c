import { lamError } from '../../../../errors/index.ts';
import type { OwnUrlAuth } from '../../../../contract/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import { corsOf, type AwsCors } from '../cors.ts';
import { changedFacts, functionFacts } from '../facts.ts';
import { namedIn, seenVersion, unlessMissing, type SeenVersion } from '../lookups.ts';
import { pageOf } from '../pages.ts';

/** Where configurations are kept among the facts of a function. */
const KIND = 'urls';

interface UrlFacts {
  readonly created: string;
  readonly modified: string;
  /** Absent if it was never given. */
  readonly mode?: string | undefined;
  /** As it was given; absent for none. */
  readonly cors?: AwsCors | undefined;
  /** As in `AuthType`; absent for NONE. */
  readonly auth?: 'AWS_IAM' | undefined;
}

const NO_FUNCTION = 'Function does not exist';
const ABSENT = 'The resource you requested does not exist.';

/** Function URLs. lam serves each function at its URL anyway; a configuration tells which. */
export const URL_ACTIONS: AwsActions = {
  CreateFunctionUrlConfig: create,
  GetFunctionUrlConfig: (call) => {
    const seen = seenAt(call, ABSENT);
    return shown(call, seen, existing(seen), 'whole');
  },
  UpdateFunctionUrlConfig: update,
  async DeleteFunctionUrlConfig(call) {
    const seen = seenAt(call, ABSENT);
    const { auth } = existing(seen);
    // The URL stays, and whoever deletes the configuration of a closed one means to open nothing.
    const stays: OwnUrlAuth | undefined = auth === undefined ? undefined : 'aws-iam';
    await keep(call, seen, undefined, stays);
  },
  ListFunctionUrlConfigs: (call) => {
    const seen = seenAt(call, NO_FUNCTION);
    const { aliases } = seen.detail;
    const kept = Object.entries(functionFacts(seen.detail).kept?.[KIND] ?? {})
      // `lam alias delete` leaves those of its alias behind.
      .filter(([qualifier]) => qualifier === '' || Object.hasOwn(aliases, qualifier))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const { items, next } = pageOf(call, kept, ([qualifier]) => qualifier);
    const configs = items.map(([qualifier, facts]) =>
      shown(
        call,
        { ...seen, qualifier: qualifier === '' ? undefined : qualifier },
        facts as unknown as UrlFacts,
        'whole',
      ),
    );
    return { FunctionUrlConfigs: configs, ...next };
  },
};

async function create(call: AwsCall): Promise<unknown> {
  const seen = seenAt(call, NO_FUNCTION);
  const cors = corsIn(call, undefined);
  const now = new Date().toISOString();
  const mode = textIn(call.input, 'InvokeMode');
  if (keptOf(seen) !== undefined)
    throw lamError('LAM_AWS_CONFLICT', {
      message: `Failed to create function url config for [functionArn = ${call.arns.function(seen.name, seen.qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    });
  const facts: UrlFacts = {
    created: now,
    modified: now,
    ...(mode === undefined ? {} : { mode }),
    ...cors,
    ...authIn(call),
  };
  await keep(call, seen, facts, urlAuthOf(facts));
  return shown(call, seen, facts, 'made');
}

async function update(call: AwsCall): Promise<unknown> {
  const seen = seenAt(call, NO_FUNCTION);
  const before = existing(seen);
  const { cors: corsBefore, auth: authBefore, ...others } = before;
  const cors = corsIn(call, corsBefore);
  const mode = textIn(call.input, 'InvokeMode');
  const modified = new Date().toISOString();
  const facts: UrlFacts = {
    ...others,
    modified,
    ...(mode === undefined ? {} : { mode }),
    ...cors,
    ...authIn(call, authBefore),
  };
  await keep(call, seen, facts, urlAuthOf(facts));
  return shown(call, seen, { ...facts, mode }, 'changed');
}

/** The version that a request names. @param missing what AWS says where there is none */
function seenAt(call: AwsCall, missing: string): SeenVersion {
  const named = namedIn(call);
  const seen = unlessMissing(() => seenVersion(call, named));
  if (seen === undefined) throw lamError('LAM_AWS_NOT_FOUND', { message: missing });
  return seen;
}

/** Who may call, by a request, or as before. */
function authIn(call: AwsCall, before?: UrlFacts['auth']): Pick<UrlFacts, 'auth'> {
  const type = textIn(call.input, 'AuthType') ?? before;
  return type === 'AWS_IAM' ? { auth: type } : {};
}

function urlAuthOf({ auth }: UrlFacts): OwnUrlAuth {
  return auth === undefined ? 'none' : 'aws-iam';
}

/** CORS of a request, or as before; nothing for an empty one. Throws `LAM_AWS_PARAMETER`. */
function corsIn(call: AwsCall, before: AwsCors | undefined): Pick<UrlFacts, 'cors'> {
  const cors = (objectIn(call.input, 'Cors') as AwsCors | undefined) ?? before ?? {};
  corsOf(cors);
  return Object.keys(cors).length === 0 ? {} : { cors };
}

function keptOf({ detail, qualifier }: SeenVersion): UrlFacts | undefined {
  return ownMember(functionFacts(detail).kept?.[KIND], qualifier ?? '') as unknown as UrlFacts | undefined;
}

function existing(seen: SeenVersion): UrlFacts {
  const kept = keptOf(seen);
  if (kept === undefined) throw lamError('LAM_AWS_NOT_FOUND', { message: ABSENT });
  return kept;
}

/** Keeps a configuration, and makes it act. */
// oxlint-disable-next-line max-params -- the request, which URL, its configuration, and who may call it
async function keep(
  call: AwsCall,
  { name, qualifier = '' }: SeenVersion,
  next: UrlFacts | undefined,
  auth: OwnUrlAuth | undefined,
): Promise<void> {
  const foreign = changedFacts((facts) => {
    const { [qualifier]: _before, ...others } = facts.kept?.[KIND] ?? {};
    const all = next === undefined ? others : { ...others, [qualifier]: { ...next } };
    return { ...facts, kept: { ...facts.kept, [KIND]: all } };
  });
  const settings = { cors: corsOf(next?.cors ?? {}), auth };
  await call.operations.functions.setOwnUrl(name, { qualifier, settings, foreign });
}

function shown(
  { arns }: AwsCall,
  seen: SeenVersion,
  { created, modified, mode, cors, auth }: UrlFacts,
  how: 'made' | 'changed' | 'whole',
): unknown {
  const { detail, name, qualifier } = seen;
  const given = mode ?? (how === 'whole' ? 'BUFFERED' : undefined);
  return {
    FunctionUrl: `${detail.url}${qualifier === undefined ? '' : `:${qualifier}`}/`,
    FunctionArn: arns.function(name, qualifier),
    AuthType: auth ?? 'NONE',
    ...(cors === undefined ? {} : { Cors: cors }),
    CreationTime: created,
    ...(how !== 'made' ? { LastModifiedTime: modified } : {}),
    ...(given === undefined ? {} : { InvokeMode: given }),
  };
}
