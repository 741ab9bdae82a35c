import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { InvocationContext } from '../../contract/index.ts';
import type { InitRequest } from '../session.ts';
import { accept, forbid, send } from './answers.ts';
import { readBody } from './read-body.ts';

/** Extensions one sandbox may register (AWS). */
const MOST = 10;
const BODY_BYTES = 64 * 1024;

interface Extension {
  readonly wantsInvoke: boolean;
  waiter: ServerResponse | undefined;
  /** An INVOKE event that arrived while the extension was not polling; only the newest is kept. */
  pending: string | undefined;
}

/**
 * The Extensions API for internal extensions (in the runtime's own process). They may subscribe to INVOKE events;
 * `event/next` without a subscription never answers. lam starts no external extensions.
 */
export class Extensions {
  readonly #known = new Map<string, Extension>();

  /** Number of registered extensions. AWS sends SIGTERM before SIGKILL only if there is one. */
  get count(): number {
    return this.#known.size;
  }

  /** `isInit`: the init phase has not ended; `init` settles with the sandbox's init request. */
  async register(
    req: IncomingMessage,
    res: ServerResponse,
    isInit: boolean,
    init: Promise<InitRequest | undefined>,
  ): Promise<void> {
    const body = await readBody(req, BODY_BYTES);
    const name = req.headers['lambda-extension-name'];
    if (name === undefined || name === '')
      return forbid(res, 'Extension.InvalidExtensionName', 'Lambda-Extension-Name header is missing');
    const events = body.kind === 'whole' ? parseEvents(body.bytes) : undefined;
    if (events === undefined) return forbid(res, 'InvalidRequestFormat', 'The body is not {"events": [...]}');
    const foreign = events.find((e) => e !== 'INVOKE');
    if (foreign !== undefined)
      return forbid(res, 'Extension.InvalidEventType', `Event type is not supported for internal extensions`);
    if (!isInit) return forbid(res, 'Extension.RegistrationClosed', 'Extensions register before the first next');
    if (this.#known.size >= MOST)
      return forbid(res, 'Extension.TooManyExtensions', `At most ${MOST} extensions can register`);
    const id = randomUUID();
    this.#known.set(id, { wantsInvoke: events.includes('INVOKE'), waiter: undefined, pending: undefined });
    const told = await init;
    const answer = {
      functionName: told?.functionName ?? '',
      functionVersion: String(told?.version ?? ''),
      handler: told?.handler ?? '',
    };
    return send(res, 200, answer, { 'Lambda-Extension-Identifier': id });
  }

  /** Answers with the next event once there is one. */
  eventNext(req: IncomingMessage, res: ServerResponse): void {
    const extension = this.#find(req, res);
    if (extension === undefined) return;
    extension.waiter = res;
    const { pending } = extension;
    if (pending !== undefined) this.#give(extension, pending);
  }

  /** Accepts `init/error` and `exit/error`. */
  error(req: IncomingMessage, res: ServerResponse): void {
    if (this.#find(req, res) === undefined) return;
    if (req.headers['lambda-extension-function-error-type'] === undefined) {
      return forbid(res, 'Extension.MissingHeader', 'Lambda-Extension-Function-Error-Type header is missing');
    }
    accept(res);
  }

  /** Sends INVOKE events to the subscribers. */
  invoked(context: InvocationContext): void {
    for (const extension of this.#known.values()) {
      if (!extension.wantsInvoke) continue;
      const event = JSON.stringify({
        eventType: 'INVOKE',
        deadlineMs: context.deadlineMs,
        requestId: context.requestId,
        invokedFunctionArn: context.functionArn,
        tracing: { type: 'X-Amzn-Trace-Id', value: context.traceId },
      });
      if (extension.waiter === undefined || extension.waiter.destroyed) extension.pending = event;
      else this.#give(extension, event);
    }
  }

  #give(extension: Extension, event: string): void {
    const { waiter } = extension;
    extension.waiter = undefined;
    extension.pending = undefined;
    if (waiter !== undefined) send(waiter, 200, event, { 'Lambda-Extension-Event-Identifier': randomUUID() });
  }

  #find(req: IncomingMessage, res: ServerResponse): Extension | undefined {
    const id = req.headers['lambda-extension-identifier'];
    if (typeof id !== 'string') {
      forbid(res, 'Extension.MissingExtensionIdentifier', 'Lambda-Extension-Identifier header is missing');
      return undefined;
    }
    const extension = this.#known.get(id);
    if (extension === undefined) forbid(res, 'Extension.UnknownExtensionIdentifier', 'Unknown extension identifier');
    return extension;
  }
}

/** Parses the events of a register body; undefined when malformed, none without `events`. */
function parseEvents(bytes: Buffer): readonly string[] | undefined {
  try {
    const value: unknown = bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const events: unknown = 'events' in value ? (value.events ?? []) : [];
    return Array.isArray(events) && events.every((e) => typeof e === 'string') ? events : undefined;
  } catch {
    // Not JSON.
    return undefined;
  }
}
