import { createHash } from 'node:crypto';
import type { KeyRing } from '../../../access/index.ts';
import { iamUserId, type Arns } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import { violationAt, violationsText } from '../../aws/constraints.ts';
import type { Admitted } from '../../aws/gate.ts';
import type { XmlContent } from './xml.ts';

/** A request for an action. */
interface IdentityCall {
  readonly arns: Arns;
  readonly parameters: URLSearchParams;
  readonly keys: KeyRing;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly admitted: Admitted;
}

/** Answers an action: the content of its result. Throws `LAM_AWS_VALIDATION` and `LAM_AWS_FORBIDDEN`. */
type IdentityAction = (call: IdentityCall) => XmlContent;

/** A service of AWS whose requests are forms and whose answers are XML. */
export interface IdentityService {
  readonly namespace: string;
  /** Its name, with the genitive. */
  readonly called: string;
  readonly actions: Readonly<Record<string, IdentityAction>>;
}

/** The services by their names in the scope of signatures. */
export const SERVICES: Readonly<Record<string, IdentityService>> = {
  sts: {
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    called: "STS's",
    actions: {
      GetCallerIdentity: ({ arns, admitted: { caller } }) => {
        const { account } = arns;
        if (caller.key === undefined) return { Arn: arns.iam('root'), UserId: account, Account: account };
        const { name, id } = caller.key;
        return { Arn: arns.iam(`user/${name}`), UserId: iamUserId(id), Account: account };
      },
      GetSessionToken: sessionToken,
    },
  },
  iam: {
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    called: "IAM's",
    actions: { GetRole: ({ arns, parameters }) => ({ Role: role(arns, parameters.get('RoleName')) }) },
  },
};

/** How long sessions last (seconds): at least, unless the request says otherwise, and at most. */
const SESSION_SECONDS = { least: 900, usual: 43_200, most: 129_600 } as const;

/** Credentials for some time, with the rights of the key that asks for them. */
function sessionToken({ parameters, keys, now, admitted: { caller, isSession = false } }: IdentityCall): XmlContent {
  if (isSession)
    throw lamError('LAM_AWS_FORBIDDEN', { message: 'Cannot call GetSessionToken with session credentials' });
  if (caller.key === undefined)
    throw lamError('LAM_AWS_FORBIDDEN', { message: 'GetSessionToken needs the signature of a key: lam key create' });
  const { least, usual, most } = SESSION_SECONDS;
  const seconds = Number(parameters.get('DurationSeconds') ?? usual);
  const bound = seconds < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
  if (!(seconds >= least && seconds <= most))
    throw lamError('LAM_AWS_VALIDATION', {
      message: violationsText([violationAt(` '${seconds}'`, 'durationSeconds', `Member must have value ${bound}`)]),
    });
  const ends = Math.min(now + seconds * 1000, caller.key.expiresAt ?? Infinity);
  const { accessKeyId, secretAccessKey, sessionToken: token, expiresAt } = keys.session(caller.key, ends);
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: token,
      Expiration: new Date(expiresAt).toISOString(),
    },
  };
}

const MOST_NAME = 64;
const ROLE_NAME = /^[\w+=,.@-]+$/;

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** Any role exists, because functions may have any: lam gives them no rights at AWS. */
function role(arns: Arns, name: string | null): XmlContent {
  const refused = (is: string, rule: string): Error =>
    lamError('LAM_AWS_VALIDATION', { message: violationsText([violationAt(is, 'roleName', rule)]) });
  if (name === null) throw refused(' null', 'Member must not be null');
  if (name === '') throw refused(" ''", 'Member must have length greater than or equal to 1');
  if (name.length > MOST_NAME)
    throw refused(` '${name}'`, `Member must have length less than or equal to ${MOST_NAME}`);
  if (!ROLE_NAME.test(name))
    throw lamError('LAM_AWS_VALIDATION', {
      message:
        'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    });
  return {
    Path: '/',
    RoleName: name,
    RoleId: `AROA${createHash('sha256').update(name).digest('hex').slice(0, 17).toUpperCase()}`,
    Arn: arns.iam(`role/${name}`),
    CreateDate: '2014-11-13T00:00:00Z',
    AssumeRolePolicyDocument: encodeURIComponent(TRUST),
    MaxSessionDuration: 3600,
  };
}
