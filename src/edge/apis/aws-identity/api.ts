import { randomUUID } from 'node:crypto';
import { signedService, type KeyRing } from '../../../access/index.ts';
import type { Arns } from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { Clock } from '../../../kit/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { plainFault } from '../../aws/answers.ts';
import type { AwsGate } from '../../aws/gate.ts';
import { isGone, retryHeaders } from '../../reply.ts';
import { SERVICES, type IdentityService } from './services.ts';
import { xmlOf, type XmlContent } from './xml.ts';

/** Longest body; what the actions take is far shorter (bytes). */
const MOST_BODY = 64 * 1024;

/** Names of errors where these services have others than AWS Lambda. */
const NAMES: Readonly<Record<string, string>> = {
  ValidationException: 'ValidationError',
  UnknownOperationException: 'InvalidAction',
  AccessDeniedException: 'AccessDenied',
  ServiceException: 'ServiceFailure',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  IncompleteSignatureException: 'IncompleteSignature',
  ExpiredTokenException: 'ExpiredToken',
};

interface IdentityParts {
  readonly arns: Arns;
  readonly gate: AwsGate;
  readonly keys: KeyRing;
  readonly clock: Pick<Clock, 'now'>;
}

interface IdentityPlan {
  readonly service: IdentityService;
}

/**
 * Serves what clients ask of STS and IAM before they create functions: requests to `/` that are signed for these
 * services, also presigned ones.
 */
export function awsIdentityApi({ arns, gate, keys, clock }: IdentityParts): WholeBodyApi<IdentityPlan> {
  return {
    name: 'aws-identity',
    reads: 'whole',
    mostBodyBytes: MOST_BODY,
    match(head) {
      const { method, path } = head;
      if (path !== '/' || (method !== 'POST' && method !== 'GET')) return undefined;
      const name = signedService(head) ?? '';
      const service = Object.hasOwn(SERVICES, name) ? SERVICES[name] : undefined;
      return service === undefined ? undefined : { service };
    },
    authorize: (head) => gate.authorize(head),
    serve({ head, plan: { service }, body: sent, reply }) {
      const form = new URLSearchParams(head.method === 'GET' ? head.query : Buffer.from(sent).toString());
      const name = form.get('Action') ?? '';
      const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
      if (action === undefined)
        throw lamError('LAM_AWS_UNSUPPORTED', { operation: name.slice(0, 100), service: service.called });
      const admitted = gate.admit(head, sent, { operation: name });
      send(reply, 200, service, `${name}Response`, {
        [`${name}Result`]: action({ arns, keys, now: clock.now(), parameters: form, admitted }),
        ResponseMetadata: { RequestId: randomUUID() },
      });
    },
    fail,
  };
}

function fail(reply: Reply, error: LamError, plan?: IdentityPlan): void {
  if (isGone(error)) {
    reply.abandon();
    return;
  }
  const { name, status } = plainFault(error, NAMES);
  const Type = status < 500 ? 'Sender' : 'Receiver';
  const content = { Error: { Type, Code: name, Message: error.message }, RequestId: randomUUID() };
  const service = plan?.service ?? SERVICES['sts'];
  if (service !== undefined) send(reply, status, service, 'ErrorResponse', content, retryHeaders(error));
}

// oxlint-disable-next-line max-params -- the reply, its status and headers, and an element with its namespace
function send(
  reply: Reply,
  status: number,
  { namespace }: IdentityService,
  element: string,
  content: XmlContent,
  headers: readonly string[] = [],
): void {
  const text = xmlOf(element, namespace, content);
  reply.send(status, ['content-type', 'text/xml', 'x-amzn-RequestId', randomUUID(), ...headers], Buffer.from(text));
}
