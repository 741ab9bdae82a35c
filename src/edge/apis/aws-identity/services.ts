import { createHash } from 'node:crypto';
import type { Arns } from '../../../contract/index.ts';
import { lamError } from '../../../errors/index.ts';
import { violationAt, violationsText } from '../../aws/constraints.ts';
import type { XmlContent } from './xml.ts';

/** Answers an action: the content of its result. Throws `LAM_AWS_VALIDATION`. */
type IdentityAction = (arns: Arns, parameters: URLSearchParams) => XmlContent;

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
      GetCallerIdentity: (arns) => ({ Arn: arns.iam('root'), UserId: arns.account, Account: arns.account }),
    },
  },
  iam: {
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    called: "IAM's",
    actions: { GetRole: (arns, parameters) => ({ Role: role(arns, parameters.get('RoleName')) }) },
  },
};

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
