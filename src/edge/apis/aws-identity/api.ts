import { randomUUID } from 'node:crypto';
import type { Arns } from '../../../contract/index.ts';
import { lamError, type LamError } from '../../../errors/index.ts';
import type { Reply } from '../../../http/index.ts';
import type { WholeBodyApi } from '../../api.ts';
import { plainFault } from '../../aws/answers.ts';
import { refusal, type Door } from '../../guard.ts';
import { isGone, retryHeaders } from '../../reply.ts';
import { headerValue } from '../../request.ts';
import { SERVICES, type IdentityService } from './services.ts';
import { xmlOf, type XmlContent } from './xml.ts';

/** The scope of a signature that names the service. */
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^,\s]*\/(sts|iam)\/aws4_request(?:,|\s|$)/;

/** Longest body; what the actions take is far shorter (bytes). */
const MOST_BODY = 64 * 1024;

/** Names of errors where these services have others than AWS Lambda. */
const NAMES: Readonly<Record<string, string>> = {
  ValidationException: 'ValidationError',
  UnknownOperationException: 'InvalidAction',
  AccessDeniedException: 'AccessDenied',
  ServiceException: 'ServiceFailure',
};

interface IdentityParts {
  readonly arns: Arns;
  readonly door: Door;
}

interface IdentityPlan {
  readonly service: IdentityService;
}

/**
 * Serves what clients ask of STS and IAM before they create functions: requests to `/` that are signed for these
 * services. The signature is not verified.
 */
export function awsIdentityApi({ arns, door }: IdentityParts): WholeBodyApi<IdentityPlan> {
  return {
    name: 'aws-identity',
    reads: 'whole',
    mostBodyBytes: MOST_BODY,
    match({ method, path, headers }) {
      if (method !== 'POST' || path !== '/') return undefined;
      const [, name = ''] = SIGNED.exec(headerValue(headers, 'authorization') ?? '') ?? [];
      const service = SERVICES[name];
      return service === undefined ? undefined : { service };
    },
    authorize: (head) => refusal(door, head, 'invoke'),
    serve({ plan: { service }, body, reply }) {
      const form = new URLSearchParams(Buffer.from(body).toString());
      const name = form.get('Action') ?? '';
      const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
      if (action === undefined)
        throw lamError('LAM_AWS_UNSUPPORTED', { operation: name.slice(0, 100), service: service.called });
      send(reply, 200, service, `${name}Response`, {
        [`${name}Result`]: action(arns, form),
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
