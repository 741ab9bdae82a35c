import { createHash, timingSafeEqual } from 'node:crypto';
import type { FunctionName } from '../../contract/index.ts';
import { isLamError, type LamError } from '../../errors/index.ts';
import { duplicateFault, headerOf, quotedText, tokenOf, unauthenticated } from '../credentials.ts';
import type { AccessHead, AccessHost, AuthOptions, AuthScheme, Authorizer, AccessVerdict } from '../scheme.ts';
import { secretFault, secretsOf } from '../secrets.ts';

interface BasicOptions extends AuthOptions {
  readonly users: Readonly<Record<string, string>>;
  readonly realm?: string;
}

/** User names and passwords (RFC 7617). */
export const basic: AuthScheme<BasicOptions> = {
  summary: 'user names and passwords',
  options: {
    users: {
      description: 'Passwords by user name, each `${NAME}`, a variable of the function.',
      type: 'object',
      additionalProperties: { type: 'string' },
      examples: [{ ada: '${ADA_PASSWORD}' }],
    },
    realm: { description: 'Shown by browsers when they ask for a password.', type: 'string', default: 'lam' },
  },
  required: ['users'],
  fault({ users }) {
    const names = Object.keys(users);
    if (names.length === 0) return 'has no users';
    const colon = names.find((name) => name === '' || name.includes(':'));
    if (colon !== undefined) return `has the user '${colon}'; a name must not be empty or contain ':'`;
    const wrong = names.map((name) => secretFault(users[name] ?? '')).find((fault) => fault !== undefined);
    return wrong === undefined ? undefined : `has a password ${wrong}`;
  },
  open: (host) => (options, functionName) => new BasicAuthorizer(host, options, functionName),
};

class BasicAuthorizer implements Authorizer {
  readonly #host: AccessHost;
  readonly #functionName: FunctionName;
  readonly #users: ReadonlyMap<string, string>;
  readonly #challenge: string;

  constructor(host: AccessHost, { users, realm = 'lam' }: BasicOptions, functionName: FunctionName) {
    this.#host = host;
    this.#functionName = functionName;
    this.#users = new Map(Object.entries(users));
    this.#challenge = `Basic realm=${quotedText(realm)}, charset="UTF-8"`;
  }

  early(head: AccessHead): LamError | undefined {
    const fault = duplicateFault(head, { kind: 'header', name: 'authorization' });
    if (fault !== undefined) return fault;
    return credentialsOf(head) === undefined ? this.#refuse('the request has no user name and password') : undefined;
  }

  decide({ head }: Parameters<Authorizer['decide']>[0]): AccessVerdict {
    const { user, password } = credentialsOf(head) ?? { user: '', password: '' };
    const reference = this.#users.get(user);
    // An unknown user costs the same comparison, so that the time does not tell which names exist.
    const [other = ''] = this.#users.values();
    const secrets = secretsOf(this.#host, this.#functionName, reference ?? other);
    if (isLamError(secrets)) return secrets;
    const isRight = timingSafeEqual(digest(secrets[0] ?? ''), digest(password));
    if (!isRight || reference === undefined) return this.#refuse('the user name or the password is wrong');
    const context = JSON.stringify({ basic: { user } });
    return { context: { '1.0': context, '2.0': context } };
  }

  #refuse(why: string): LamError {
    return unauthenticated(why, 'send both: curl --user NAME:PASSWORD', this.#challenge);
  }
}

function credentialsOf(head: AccessHead): { readonly user: string; readonly password: string } | undefined {
  const token = tokenOf(headerOf(head, 'authorization') ?? '', 'basic');
  if (token === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined;
  const text = Buffer.from(token, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
