import type { AuthScheme } from '../scheme.ts';
import { apiKey } from './api-key.ts';
import { awsIam } from './aws-iam.ts';
import { basic } from './basic.ts';
import { jwt } from './jwt.ts';
import { authorizerFunction } from './lambda.ts';
import { none } from './none.ts';
import { webhook } from './webhook.ts';

/** The ways to authorize requests, by the name that lam.yaml has for them. */
export const SCHEMES: Readonly<Record<string, AuthScheme<never>>> = {
  none,
  'api-key': apiKey,
  jwt,
  webhook,
  basic,
  lambda: authorizerFunction,
  'aws-iam': awsIam,
};
