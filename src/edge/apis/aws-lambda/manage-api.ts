import type { IncomingMessage } from 'node:http';
import { isFunctionName, isLayerName, knownVersion, type Arns, type AwsEndpoints } from '../../../contract/index.ts';
import { asLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { ApiRequest, StreamedBodyApi } from '../../api.ts';
import { sendAwsError, sendAwsJson } from '../../aws/answers.ts';
import type { ServiceKeys } from '../../aws/s3-object.ts';
import { readInput } from '../../aws/input.ts';
import { deniedMessage } from '../../aws/denied.ts';
import type { AwsGate } from '../../aws/gate.ts';
import type { AwsTarget } from '../../aws/paths.ts';
import { discardRest, readBody } from '../../body.ts';
import type { ApiCallers, AskedFor } from '../../callers.ts';
import { isGone } from '../../reply.ts';
import { headerValue } from '../../request.ts';
import { CODE_PREFIX, CodeUrls } from './code-url.ts';
import { servedModel } from './model/model.ts';
import { ACTIONS } from './operations/list.ts';
import { awsWords } from './words.ts';

/** AWS's longest request, which carries a zip of 50 MB in base64 (bytes). */
const MOST_BODY = 70_167_211;

/** Paths of AWS Lambda: a date, then one of its resources. */
const DATED =
  /^\/20\d\d-\d\d-\d\d\/(?:functions|layers|tags|event-source-mappings|account-settings|code-signing-configs|capacity-providers|durable-executions|durable-execution-callbacks|resource-policy)(?:\/|$)/;

/** Operations that AWS answers with another status than its model says. */
const STATUS: Readonly<Record<string, number>> = { DeleteFunction: 204 };

/** The name that it shares with the ways to invoke, in the audit log. */
const NAME = 'aws-lambda';

type ManagePlan = AwsTarget | { readonly code: string; readonly query: string };

interface ManageParts {
  readonly arns: Arns;
  readonly awsEndpoints: AwsEndpoints;
  readonly awsKeys?: ServiceKeys | undefined;
  readonly callers: ApiCallers;
  readonly gate: AwsGate;
  readonly clock: Clock;
}

/** Serves AWS Lambda's API at its dated paths, but for the ways to invoke; and the downloads of code that it names. */
export function awsManageApi({
  arns,
  awsEndpoints,
  awsKeys,
  callers,
  gate,
  clock,
}: ManageParts): StreamedBodyApi<ManagePlan> {
  const urls = new CodeUrls(clock);
  const fail = (reply: Reply, error: LamError, plan?: ManagePlan): void => {
    const message = plan === undefined ? undefined : deniedMessage(arns, 'lambda', askedOf(plan).operation, error);
    sendAwsError(reply, error, message === undefined ? awsWords(arns, error) : { message });
  };
  return {
    name: `${NAME}-manage`,
    called: NAME,
    // Not whole: who sends a body is asked before it takes memory.
    reads: 'stream',
    mostBodyBytes: MOST_BODY,
    match({ method, path, query }) {
      if (path.startsWith(CODE_PREFIX) && method === 'GET') return { code: path.slice(CODE_PREFIX.length), query };
      if (!DATED.test(path)) return undefined;
      const target = servedModel().paths.find(method, path, query);
      if (target === undefined) return lamError('LAM_EDGE_NOT_FOUND', { method, path, near: [] });
      const isServed = Object.hasOwn(ACTIONS, target.operation);
      return isServed ? target : lamError('LAM_AWS_UNSUPPORTED', { operation: target.operation });
    },
    authorize: (head, plan) =>
      plan !== undefined && 'code' in plan && urls.accepts(plan.code, plan.query) ? undefined : gate.authorize(head),
    asked: askedOf,
    serve(request) {
      const { body, reply, plan } = request;
      const done = serve({ arns, endpoints: awsEndpoints, credentials: awsKeys, callers, urls, clock, gate }, request);
      done.catch(async (thrown: unknown) => {
        const error = asLamError(thrown);
        if (!isGone(error)) await discardRest(body, clock);
        fail(reply, error, plan);
      });
    },
    fail,
  };
}

/** What a plan asks for, in the words of the audit log. */
function askedOf(plan: ManagePlan): AskedFor {
  if ('code' in plan) return { operation: 'GetCode' };
  const name = plan.parts['FunctionName'];
  return { operation: plan.operation, ...(name === undefined ? {} : { function: name }) };
}

interface ServeParts {
  readonly arns: Arns;
  readonly endpoints: AwsEndpoints;
  readonly credentials: ServiceKeys | undefined;
  readonly callers: ApiCallers;
  readonly urls: CodeUrls;
  readonly clock: Clock;
  readonly gate: AwsGate;
}

async function serve(
  { arns, endpoints, credentials, callers, urls, clock, gate }: ServeParts,
  { head, plan, body: unread, reply }: ApiRequest<ManagePlan, IncomingMessage>,
): Promise<void> {
  const isSigned = 'code' in plan && urls.accepts(plan.code, plan.query);
  if (!isSigned) await gate.checkOwner(head, askedOf(plan));
  const sent = await readBody(unread, MOST_BODY, clock);
  if ('code' in plan) {
    if (!isSigned) throw lamError('LAM_AWS_FORBIDDEN', { message: 'Request has expired' });
    // Its signature was made for somebody who may read it.
    const operations = callers.operationsFor(callers.local(head, NAME));
    reply.send(200, ['content-type', 'application/zip'], await codeAt(operations, plan.code));
    return;
  }
  const { caller, body } = gate.admit(head, sent, askedOf(plan));
  const operations = callers.operationsFor(caller);
  const { operation, parts } = plan;
  const { model } = servedModel();
  const [, , status = 200, shape] = model.operations[operation] ?? [];
  const { query, headers } = head;
  const input = shape === undefined ? {} : readInput(model, shape, { parts, query, headers, body });
  const host = headerValue(headers, 'host') ?? 'localhost';
  const action = ACTIONS[operation];
  const answer: unknown = await action?.({
    arns,
    endpoints,
    credentials,
    operations,
    input,
    codeUrl: (path) => urls.make(host, path),
  });
  sendAwsJson(reply, STATUS[operation] ?? status, answer);
}

/** The zip of `functions/NAME/VERSION` or `layers/NAME/VERSION`. */
async function codeAt({ functions, layers, artifacts }: Operations, path: string): Promise<Uint8Array> {
  const [kind, name = '', number] = path.split('/');
  const version = knownVersion(Number(number));
  if (kind === 'layers' && isLayerName(name)) return artifacts.zipOf(await layers.detail({ name, version }));
  const found = isFunctionName(name)
    ? functions.detail(name).allVersions.find((each) => each.version === version)
    : undefined;
  if (found === undefined) throw lamError('LAM_EDGE_NOT_FOUND', { method: 'GET', path, near: [] });
  return artifacts.zipOf(found);
}
