import type { Socket } from 'node:net';
import { SignatureVerifier } from '../../access/index.ts';
import { isLamError, lamError, type LamError } from '../../errors/index.ts';
import type { Clock } from '../../kit/index.ts';
import type { ApiCaller } from '../../operations/index.ts';
import { givenKey, noteRefusal, type ApiCallers, type AskedFor } from '../callers.ts';
import { refusal } from '../guard.ts';
import type { RequestHead } from '../request.ts';

/** What decides who may use an API of AWS. */
export interface AwsGateParts {
  readonly callers: ApiCallers;
  readonly clock: Clock;
  /** Whether a connection comes from a program of the daemon's own user, or of root. */
  readonly isOwner: (socket: Socket) => Promise<boolean>;
  /** The API's name in the audit log. */
  readonly api: string;
  /** Names in the scope of signatures that count. */
  readonly services: readonly string[];
}

/** Who sends a request, and its body as it was signed. */
export interface Admitted {
  readonly caller: ApiCaller;
  /** It was signed with the credentials of a session. */
  readonly isSession?: boolean;
  readonly body: Uint8Array;
}

/**
 * Decides who may use an API of AWS: the owner by the socket, and who has the daemon's token or a key, as bearer token or
 * by a signature. Where there is neither token nor a key that signs, programs of this machine, whatever credentials they
 * sign with.
 */
export class AwsGate {
  readonly #parts: AwsGateParts;
  readonly #verifier: SignatureVerifier;

  constructor(parts: AwsGateParts) {
    this.#parts = parts;
    const { callers, clock, services } = parts;
    this.#verifier = new SignatureVerifier({ keys: callers.keys, clock, services });
  }

  /** Returns why a request is refused whatever its body is, or undefined. */
  authorize(head: RequestHead): LamError | undefined {
    return this.#knownCaller(head) === undefined ? (this.#open(head) ?? this.#early(head)) : undefined;
  }

  /** Returns who sends a request; throws `LAM_ACCESS_*` errors, after noting the refusal. @param asked for that note */
  admit(head: RequestHead, body: Uint8Array, asked: AskedFor): Admitted {
    const known = this.#knownCaller(head);
    const request = asked.operation;
    if (known !== undefined) return { caller: { ...known, request }, body };
    const { callers, api } = this.#parts;
    if (!this.#isSignatureWanted) return { caller: { ...callers.local(head, api), request }, body };
    const verified = this.#verifier.verify(head, body);
    if (isLamError(verified)) throw this.refused(head, verified, asked);
    const { key, isSession, body: read } = verified;
    return { caller: { ...callers.ofKey(key, head, api), request }, isSession, body: read };
  }

  /**
   * Refuses programs of other users where neither keys nor a token are wanted, for what changes functions and shows them.
   * Rejects with `LAM_AWS_FORBIDDEN`, after noting it.
   */
  async checkOwner(head: RequestHead, asked: AskedFor): Promise<void> {
    const { callers, isOwner } = this.#parts;
    const { door } = callers;
    const isKeyed = door.open || door.tokens.isRequired || this.#isSignatureWanted;
    if (isKeyed || this.#knownCaller(head) !== undefined || (await isOwner(head.socket))) return;
    const message = 'only programs of the user whose daemon this is may use this operation';
    throw this.refused(head, lamError('LAM_AWS_FORBIDDEN', { message }), asked);
  }

  /** Notes a refusal, and returns its error. */
  refused(head: RequestHead, error: LamError, asked: AskedFor): LamError {
    const { callers, api } = this.#parts;
    noteRefusal(callers.audit, api, head, error, asked);
    return error;
  }

  get #isSignatureWanted(): boolean {
    return this.#parts.callers.keys.hasSigning;
  }

  /** Who opened the socket, or sent the token or a key as such. */
  #knownCaller(head: RequestHead): ApiCaller | undefined {
    const { callers, api } = this.#parts;
    return callers.ofSocket(api) ?? (givenKey(head) === undefined ? undefined : callers.ofBearer(head, api));
  }

  /** Why a request is refused without keys that sign; undefined too where there are such. */
  #open(head: RequestHead): LamError | undefined {
    return this.#isSignatureWanted ? undefined : refusal(this.#parts.callers.door, head, 'invoke');
  }

  #early(head: RequestHead): LamError | undefined {
    if (!this.#isSignatureWanted) return undefined;
    if (!this.#verifier.isSigned(head) && givenKey(head) !== undefined)
      return lamError('LAM_ACCESS_CLIENT_UNKNOWN', { accessKeyId: '' });
    return this.#verifier.early(head);
  }
}
