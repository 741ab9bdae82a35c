import { iamUserId, namesFunction, type ApiKeyDetail, type FunctionName } from '../../contract/index.ts';
import { isLamError, lamError, type LamError } from '../../errors/index.ts';
import { duplicateFault } from '../credentials.ts';
import type { AccessGrant, AccessHead, AccessHost, AccessVerdict, AuthScheme, Authorizer } from '../scheme.ts';
import { SignatureVerifier } from '../sigv4/verifier.ts';

/** What clients sign for: function URLs, and APIs of API Gateway. */
const SERVICES = ['lambda', 'execute-api'];

/** Requests signed by a client of AWS, as at function URLs with `AWS_IAM`. */
export const awsIam: AuthScheme = {
  summary: "requests that are signed as AWS's clients do (Signature Version 4) with a key that may invoke the function",
  options: {},
  required: [],
  fault: () => undefined,
  open(host) {
    const { keys, clock } = host;
    // As function URLs do, which take no body that is not signed as a whole.
    const verifier = new SignatureVerifier({ keys, clock, services: SERVICES, isBodySigned: true });
    return (_options, functionName) => new IamAuthorizer(host, verifier, functionName);
  },
};

class IamAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #verifier: SignatureVerifier;
  readonly #functionName: FunctionName;

  constructor(host: AccessHost, verifier: SignatureVerifier, functionName: FunctionName) {
    this.#host = host;
    this.#verifier = verifier;
    this.#functionName = functionName;
  }

  early(head: AccessHead): LamError | undefined {
    // Where no key signs, no signature can be right.
    if (!this.#host.keys.hasSigning || !this.#verifier.isSigned(head)) return forbidden({ how: HOW });
    return duplicateFault(head, { kind: 'header', name: 'authorization' }) ?? this.#verifier.early(head);
  }

  decide({ head, body }: Parameters<Authorizer['decide']>[0]): AccessVerdict {
    const verified = this.#verifier.verify(head, body);
    if (isLamError(verified)) return verified;
    const { key, accessKeyId } = verified;
    const name = this.#functionName;
    const hasScope = key.scopes.includes('admin') || key.scopes.includes('invoke');
    if (hasScope && namesFunction(key.functions, name)) return this.#grantOf(key, accessKeyId);
    const how = `use a key that may invoke '${name}': lam key create NAME --scope invoke --function ${name}`;
    return forbidden({ how, key: key.name });
  }

  /** Who signed, by AWS's names in both formats; API Gateway has no `authorizer` in format 1.0. */
  #grantOf({ id, name }: ApiKeyDetail, accessKey: string): AccessGrant {
    const { account: accountId } = this.#host.arns;
    const userId = iamUserId(id);
    const userArn = this.#host.arns.iam(`user/${name}`);
    const caller = { accessKey, accountId, callerId: userId };
    const iam = { ...caller, cognitoIdentity: null, principalOrgId: null, userArn, userId };
    return {
      context: { '1.0': 'null', '2.0': JSON.stringify({ iam }) },
      identity: { accessKey, accountId, caller: userId, user: userId, userArn },
    };
  }
}

const HOW = 'sign the request with the credentials of a key: lam key create NAME --scope invoke';

function forbidden(details: { readonly how: string; readonly key?: string }): LamError {
  return lamError('LAM_ACCESS_FORBIDDEN', details);
}
