import { LATEST } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { ownMember } from '../../../../kit/index.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { textIn } from '../../../aws/members.ts';
import { changeFacts, functionFacts } from '../facts.ts';
import { detailOf, namedIn, seenVersion, unqualified } from '../lookups.ts';

/** Where the configuration is kept among the facts of a function. */
const RUNTIMES = 'runtime-management';

/** Configurations of what lam does in one way only. */
export const KEPT_ACTIONS: AwsActions = {
  GetRuntimeManagementConfig: (call) => runtimeManagement(call),
  PutRuntimeManagementConfig: async (call) => {
    const { name, qualifier } = seenVersion(call, namedIn(call));
    const arn = textIn(call.input, 'RuntimeVersionArn');
    const mode = textIn(call.input, 'UpdateRuntimeOn');
    if ((mode === 'Manual') !== (arn !== undefined))
      throw lamError('LAM_AWS_PARAMETER', {
        message:
          mode === 'Manual'
            ? 'RuntimeVersionArn is required when UpdateRuntimeOn is Manual'
            : 'RuntimeVersionArn can only be given when UpdateRuntimeOn is Manual',
      });
    const given = { UpdateRuntimeOn: mode, ...(arn === undefined ? {} : { RuntimeVersionArn: arn }) };
    await changeFacts(call.operations, name, (facts) => ({
      ...facts,
      kept: { ...facts.kept, [RUNTIMES]: { ...facts.kept?.[RUNTIMES], [qualifier ?? LATEST]: given } },
    }));
    return runtimeManagement(call);
  },
  GetFunctionRecursionConfig: (call) => {
    detailOf(call, unqualified(call));
    return { RecursiveLoop: 'Terminate' };
  },
  PutFunctionRecursionConfig: (call) => {
    detailOf(call, unqualified(call));
    if (textIn(call.input, 'RecursiveLoop') !== 'Terminate')
      throw lamError('LAM_AWS_PARAMETER', {
        message: 'lam always ends recursive loops: RecursiveLoop must be Terminate',
      });
    return { RecursiveLoop: 'Terminate' };
  },
};

function runtimeManagement(call: AwsCall): unknown {
  const { name, qualifier, detail } = seenVersion(call, namedIn(call));
  const kept = ownMember(functionFacts(detail).kept?.[RUNTIMES], qualifier ?? LATEST);
  return { UpdateRuntimeOn: 'Auto', ...kept, FunctionArn: call.arns.function(name, qualifier ?? LATEST) };
}
