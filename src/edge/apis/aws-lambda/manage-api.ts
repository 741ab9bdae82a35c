import type { Socket } from 'node:net';
import { isFunctionName, isLayerName, knownVersion } from '../../../contract/index.ts';
import { asLamError, isLamError, lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { Operations } from '../../../operations/index.ts';
import type { ApiRequest, WholeBodyApi } from '../../api.ts';
import { sendAwsError, sendAwsJson } from '../../aws/answers.ts';
import { readInput } from '../../aws/input.ts';
import type { AwsTarget } from '../../aws/paths.ts';
import { refusal, type Door } from '../../guard.ts';
import { connectedUser } from '../../connected-user.ts';
import { headerValue, type RequestHead } from '../../request.ts';
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

type ManagePlan = AwsTarget | { readonly code: string; readonly query: string };

interface ManageParts {
  readonly operations: Operations;
  readonly door: Door;
  readonly clock: Clock;
}

/** Serves AWS Lambda's API at its dated paths, but for the ways to invoke; and the downloads of code that it names. */
export function awsManageApi({ operations, door, clock }: ManageParts): WholeBodyApi<ManagePlan> {
  const urls = new CodeUrls(clock);
  return {
    name: 'aws-lambda-manage',
    reads: 'whole',
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
      plan !== undefined && 'code' in plan && urls.accepts(plan.code, plan.query)
        ? undefined
        : (refusal(door, head, 'invoke') ?? strangersRefusal(door, head)),
    serve(request) {
      const done = serve(operations, urls, request);
      done.catch((thrown: unknown) => fail(request.reply, asLamError(thrown)));
    },
    fail,
  };
}

async function serve(
  operations: Operations,
  urls: CodeUrls,
  { head, plan, body, reply }: ApiRequest<ManagePlan, Uint8Array>,
): Promise<void> {
  if ('code' in plan) {
    if (!urls.accepts(plan.code, plan.query)) throw lamError('LAM_AWS_FORBIDDEN', { message: 'Request has expired' });
    reply.send(200, ['content-type', 'application/zip'], await codeAt(operations, plan.code));
    return;
  }
  const { operation, parts } = plan;
  const { model } = servedModel();
  const [, , status = 200, shape] = model.operations[operation] ?? [];
  const { query, headers } = head;
  const input = shape === undefined ? {} : readInput(model, shape, { parts, query, headers, body });
  const host = headerValue(headers, 'host') ?? 'localhost';
  const action = ACTIONS[operation];
  const answer: unknown = await action?.({ operations, input, codeUrl: (path) => urls.make(host, path) });
  sendAwsJson(reply, STATUS[operation] ?? status, answer);
}

/** Whether the program at the other end is the owner's, by connection. */
const owned = new WeakMap<Socket, boolean>();

/**
 * Returns why a program of another user of this machine may not change functions, or undefined. The token, where one is
 * set, was asked for before.
 */
function strangersRefusal(door: Door, { socket }: Pick<RequestHead, 'socket'>): LamError | undefined {
  if (door.kind === 'socket' || door.open || door.tokens.isRequired) return undefined;
  let isOwned = owned.get(socket);
  if (isOwned === undefined) {
    const user = connectedUser(socket);
    isOwned = user === undefined || user === 0 || user === process.getuid?.();
    owned.set(socket, isOwned);
  }
  const message = 'only programs of the user whose daemon this is may use this operation';
  return isOwned ? undefined : lamError('LAM_AWS_FORBIDDEN', { message });
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

function fail(reply: Reply, error: LamError): void {
  sendAwsError(reply, error, isLamError(error) ? awsWords(error) : {});
}
