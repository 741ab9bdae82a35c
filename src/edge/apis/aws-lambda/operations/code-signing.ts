import { randomBytes } from 'node:crypto';
import { lamError } from '../../../../errors/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import { awsTime } from '../../../aws/answers.ts';
import { objectIn, textIn } from '../../../aws/members.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { changeFacts, functionFacts, type FunctionFacts } from '../facts.ts';
import { detailOf, namedIn } from '../lookups.ts';
import { pageOf } from '../pages.ts';

/** Before the ids of configurations where they are kept. */
const PREFIX = 'aws-lambda code-signing ';
/** Where the configuration of a function is kept among its facts. */
const KIND = 'code-signing';

/** A configuration as it is kept. */
export interface CodeSigning {
  readonly description?: string;
  readonly publishers: unknown;
  readonly policies: unknown;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Code signing configurations: kept and returned. lam verifies no signatures of code. */
export const CODE_SIGNING_ACTIONS: AwsActions = {
  async CreateCodeSigningConfig(call) {
    const id = `csc-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const tags = objectIn(call.input, 'Tags') as CodeSigning['tags'];
    const next = { ...given(call, DEFAULTS), ...(tags === undefined ? {} : { tags }) };
    await keepCodeSigning(call, id, next);
    return { CodeSigningConfig: shown(call, id, next) };
  },
  GetCodeSigningConfig: (call) => {
    const { id, config } = configIn(call);
    return { CodeSigningConfig: shown(call, id, config) };
  },
  async UpdateCodeSigningConfig(call) {
    const { id, config } = configIn(call);
    const next = given(call, config);
    await keepCodeSigning(call, id, next);
    return { CodeSigningConfig: shown(call, id, next) };
  },
  async DeleteCodeSigningConfig(call) {
    const { id, arn } = configIn(call);
    if (functionsOf(call, arn).length > 0)
      throw lamError('LAM_AWS_CONFLICT', {
        message: `Cannot delete the code signing configuration ${arn}: it is in use by a function.`,
      });
    await keepCodeSigning(call, id, undefined);
  },
  ListCodeSigningConfigs: (call) => {
    const ids = call.operations.account.keys(PREFIX).map((key) => key.slice(PREFIX.length));
    const { items, next } = pageOf(call, ids, (id) => id);
    const configs = items.flatMap((id) => {
      const config = codeSigningOf(call, id);
      return config === undefined ? [] : [shown(call, id, config)];
    });
    return { CodeSigningConfigs: configs, ...next };
  },
  ListFunctionsByCodeSigningConfig: (call) => {
    const { items, next } = pageOf(call, functionsOf(call, configIn(call).arn), (arn) => arn);
    return { FunctionArns: items, ...next };
  },
  PutFunctionCodeSigningConfig: (call) => put(call),
  GetFunctionCodeSigningConfig: (call) => {
    const detail = detailOf(call, namedIn(call).name);
    const arn = signedBy(functionFacts(detail));
    return arn === undefined ? {} : { CodeSigningConfigArn: arn, FunctionName: detail.name };
  },
  async DeleteFunctionCodeSigningConfig(call) {
    const { name } = detailOf(call, namedIn(call).name);
    await changeFacts(call.operations, name, (facts) => withSigning(facts, undefined));
  },
};

const DEFAULTS: CodeSigning = {
  publishers: undefined,
  policies: { UntrustedArtifactOnDeployment: 'Warn' },
  modifiedAt: 0,
};

/** Returns a configuration by its id; undefined for none. */
export function codeSigningOf({ operations }: Pick<AwsCall, 'operations'>, id: string): CodeSigning | undefined {
  return operations.account.get(PREFIX + id) as CodeSigning | undefined;
}

/** Replaces a configuration, or removes it if undefined. */
export async function keepCodeSigning(
  { operations }: AwsCall,
  id: string,
  next: CodeSigning | undefined,
): Promise<void> {
  await operations.account.set(PREFIX + id, next);
}

/** The ARN in a request if such a configuration exists. Throws `LAM_AWS_NO_CODE_SIGNING`. */
export function existingSigning(call: AwsCall): string | undefined {
  const arn = textIn(call.input, 'CodeSigningConfigArn');
  if (arn !== undefined && codeSigningOf(call, idOf(call, arn)) === undefined)
    throw lamError('LAM_AWS_NO_CODE_SIGNING', { arn });
  return arn;
}

/** Facts of a function with the ARN of its configuration. Pure. */
export function withSigning(facts: FunctionFacts, arn: string | undefined): FunctionFacts {
  return { ...facts, kept: { ...facts.kept, [KIND]: arn === undefined ? {} : { '': { arn } } } };
}

async function put(call: AwsCall): Promise<unknown> {
  const arn = existingSigning(call);
  const { name } = detailOf(call, namedIn(call).name);
  await changeFacts(call.operations, name, (facts) => withSigning(facts, arn));
  return { CodeSigningConfigArn: arn, FunctionName: name };
}

function given(call: AwsCall, before: CodeSigning): CodeSigning {
  const { input } = call;
  const description = textIn(input, 'Description') ?? before.description;
  return {
    ...before,
    ...(description === undefined ? {} : { description }),
    publishers: input['AllowedPublishers'] ?? before.publishers,
    policies: { ...(DEFAULTS.policies as object), ...((input['CodeSigningPolicies'] ?? before.policies) as object) },
    modifiedAt: Date.now(),
  };
}

function configIn(call: AwsCall): { readonly id: string; readonly arn: string; readonly config: CodeSigning } {
  const arn = textIn(call.input, 'CodeSigningConfigArn') ?? '';
  const id = idOf(call, arn);
  const config = codeSigningOf(call, id);
  if (config === undefined)
    throw lamError('LAM_AWS_NOT_FOUND', { message: `The Lambda code signing configuration ${arn} can not be found.` });
  return { id, arn, config };
}

/** The id in an ARN of this account and region; empty in others. */
function idOf({ arns }: AwsCall, arn: string): string {
  const prefix = arns.lambda('code-signing-config:');
  return arn.startsWith(prefix) ? arn.slice(prefix.length) : '';
}

function functionsOf({ operations, arns }: AwsCall, arn: string): readonly string[] {
  const names = operations.functions.names();
  return names
    .filter((name) => signedBy(functionFacts(operations.functions.detail(name))) === arn)
    .map((name) => arns.function(name));
}

function signedBy({ kept }: FunctionFacts): string | undefined {
  const { arn } = ownMember(kept?.[KIND], '') ?? {};
  return typeof arn === 'string' ? arn : undefined;
}

function shown({ arns }: AwsCall, id: string, { description, publishers, policies, modifiedAt }: CodeSigning): object {
  return {
    CodeSigningConfigId: id,
    CodeSigningConfigArn: arns.lambda(`code-signing-config:${id}`),
    ...(description === undefined ? {} : { Description: description }),
    AllowedPublishers: publishers,
    CodeSigningPolicies: policies,
    LastModified: awsTime(modifiedAt),
  };
}
