import { userInfo } from 'node:os';
import type { Socket } from 'node:net';
import type { KeyRing } from '../access/index.ts';
import type { ApiKeyDetail, AuditActor } from '../contract/index.ts';
import { isLamError, lamError, type LamError } from '../errors/index.ts';
import {
  callerFacts,
  type AuditSink,
  type ApiCaller,
  type Operations,
  type OperationsFor,
} from '../operations/index.ts';
import { bearerToken, refusal, type Door } from './guard.ts';
import { headerValue, type RequestHead } from './request.ts';

/** The header with keys, besides `Authorization: Bearer`. */
export const KEY_HEADER = 'x-api-key';

/** What tells who sends requests to a listener. */
export interface ApiCallersParts {
  readonly door: Door;
  readonly keys: KeyRing;
  readonly operationsFor: OperationsFor;
  readonly audit: AuditSink;
}

/** Tells who sends requests to a listener, and gives them the operations that they may use. */
export class ApiCallers {
  readonly door: Door;
  readonly keys: KeyRing;
  readonly audit: AuditSink;
  readonly #operationsFor: OperationsFor;

  constructor({ door, keys, operationsFor, audit }: ApiCallersParts) {
    this.door = door;
    this.keys = keys;
    this.audit = audit;
    this.#operationsFor = operationsFor;
  }

  /** The operations as a caller may use them. */
  operationsFor(caller: ApiCaller): Operations {
    return this.#operationsFor(caller);
  }

  /** The owner, who opened the socket that nobody else can open; undefined on a port. */
  ofSocket(api: string): ApiCaller | undefined {
    return this.door.kind === 'socket' ? { actor: SOCKET_OWNER, api, from: 'socket' } : undefined;
  }

  /** Who sent the daemon's token or a key, as `Authorization: Bearer` or `X-API-Key`; undefined for any other request. */
  ofBearer(head: RequestHead, api: string): ApiCaller | undefined {
    const given = givenKey(head);
    if (given === undefined) return undefined;
    if (this.door.tokens.accepts(given)) return { actor: TOKEN, api, from: addressOf(head.socket) };
    const key = this.keys.identify(given);
    return key === undefined ? undefined : this.ofKey(key, head, api);
  }

  /** Who uses a key. */
  ofKey(key: ApiKeyDetail, { socket }: RequestHead, api: string): ApiCaller {
    return { actor: { kind: 'key', name: key.name }, api, from: addressOf(socket), rights: key, key };
  }

  /** A program of this machine where no keys are wanted. */
  local({ socket }: RequestHead, api: string): ApiCaller {
    return { actor: LOCAL, api, from: addressOf(socket) };
  }

  /** Whether APIs of other products want keys: the daemon has a token or takes requests of others, or a key has scopes. */
  get wantsKeys(): boolean {
    return this.door.tokens.isRequired || this.door.open || this.keys.hasScopes;
  }

  /**
   * Who sends a request to an API of another product. With keys: the one in `X-API-Key` or as a bearer token, or the
   * daemon's token. Without: a program of this machine, unless a foreign page sends it.
   */
  ofProduct(head: RequestHead, api: string): ApiCaller | LamError {
    const known = this.ofBearer(head, api);
    if (known !== undefined) return known;
    if (this.wantsKeys) return lamError('LAM_EDGE_KEY_REFUSED', { isMissing: givenKey(head) === undefined });
    return refusal(this.door, head, 'invoke') ?? this.local(head, api);
  }

  /** Notes that a program of another user was refused, and returns the error. */
  foreignRefusal(caller: ApiCaller, operation: string): LamError {
    this.audit.note({ ...callerFacts(caller), operation, outcome: 'refused', code: FOREIGN.code });
    return FOREIGN;
  }

  /** Who sends a request to lam's own API: the owner on the socket, else who has the token or a key. */
  ofControl(head: RequestHead, api: string): ApiCaller | LamError {
    const known = this.ofSocket(api) ?? this.ofBearer(head, api);
    if (known !== undefined) return known;
    if (this.keys.hasScopes) return lamError('LAM_EDGE_KEY_REFUSED', { isMissing: givenKey(head) === undefined });
    return refusal(this.door, head, 'control') ?? this.local(head, api);
  }
}

/** What a request has in place of a key or the token; undefined without. */
export function givenKey({ headers }: RequestHead): string | undefined {
  return headerValue(headers, KEY_HEADER) ?? bearerToken(headers);
}

/** What a request asks for, where an API can name it. */
export interface AskedFor {
  readonly operation: string;
  readonly function?: string | undefined;
}

const REFUSALS: ReadonlySet<string> = new Set(['unauthenticated', 'permission_denied']);

/** Notes that a request was refused, if the error says that. @param asked by default method and path */
// oxlint-disable-next-line max-params -- the log, the API, its request, and the error
export function noteRefusal(
  audit: AuditSink,
  api: string,
  head: RequestHead,
  error: LamError,
  asked: AskedFor = { operation: `${head.method} ${head.path}` },
): void {
  if (!REFUSALS.has(error.kind)) return;
  audit.note({
    who: actorOf(error),
    api,
    operation: asked.operation,
    ...(asked.function === undefined ? {} : { function: asked.function }),
    from: addressOf(head.socket),
    outcome: 'refused',
    code: error.code,
  });
}

/** Who was refused, as far as the error tells. */
function actorOf({ details }: LamError): AuditActor {
  const { key, accessKeyId } = details;
  if (typeof key === 'string') return { kind: 'key', name: key };
  return { kind: 'unknown', name: typeof accessKeyId === 'string' ? accessKeyId : '' };
}

/** The first error, or undefined. */
export function errorOf(caller: ApiCaller | LamError): LamError | undefined {
  return isLamError(caller) ? caller : undefined;
}

/** Address and port of a client. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  if (remoteAddress === undefined) return '';
  const address = remoteAddress.replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${remotePort ?? 0}`;
}

const FOREIGN = lamError('LAM_EDGE_FOREIGN_USER', {});
const TOKEN: AuditActor = { kind: 'token', name: 'token' };
const LOCAL: AuditActor = { kind: 'local', name: '' };
const SOCKET_OWNER: AuditActor = { kind: 'socket', name: ownName() };

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the list of users.
    return String(process.getuid?.() ?? '');
  }
}
