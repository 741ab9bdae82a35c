import { isQualifier, LATEST } from '../../../../contract/index.ts';
import { lamError } from '../../../../errors/index.ts';
import { isJson } from '../../../is-json.ts';
import type { AwsActions, AwsCall } from '../call.ts';
import { namedIn, seenVersion } from '../lookups.ts';

/** The older way to queue an event. */
export const INVOKE_ASYNC_ACTIONS: AwsActions = { InvokeAsync: accept };

async function accept(call: AwsCall): Promise<undefined> {
  const { name, qualifier } = seenVersion(call, namedIn(call));
  const given = call.input['InvokeArgs'] as Uint8Array;
  const event = given.byteLength === 0 ? Buffer.from('{}') : given;
  if (!isJson(event)) throw lamError('LAM_EDGE_PAYLOAD_NOT_JSON', { why: 'the text is not JSON' });
  const isNamed = qualifier !== undefined && qualifier !== LATEST && isQualifier(qualifier);
  await call.operations.async.accept({ name, qualifier: isNamed ? qualifier : undefined, event });
  return undefined;
}
