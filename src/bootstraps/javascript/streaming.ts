import { HTTP_STREAM, HTTP_STREAM_NULS } from '../../executor/frames.ts';
import { RuntimeError } from './error-document.ts';
import { hasAwsGlobal } from './invoke-store.ts';
import { isThenable } from './invocation.ts';
import type { FunctionHandler } from './load-handler.ts';
import type { ResponseStream } from './response-stream.ts';

/** Marks of a streaming handler, as in AWS's Node runtime; packages set and read them, too. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const RESPONSE = 'response';

/** `awslambda.HttpResponseStream` of AWS's Node runtime. */
class HttpResponseStream {
  /** Puts the head of an HTTP response (`statusCode`, `headers`, `cookies`) in front of what is written. */
  static from(
    stream: Pick<ResponseStream, 'setContentType' | '_onBeforeFirstWrite'>,
    head: unknown,
  ): Pick<ResponseStream, 'setContentType' | '_onBeforeFirstWrite'> {
    stream.setContentType(HTTP_STREAM);
    const text = JSON.stringify(head);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(new Uint8Array(HTTP_STREAM_NULS));
    };
    return stream;
  }
}

/** `awslambda.streamifyResponse` of AWS's Node runtime: marks the handler as one that streams. */
function streamifyResponse(handler: object, options?: { readonly highWaterMark?: unknown }): object {
  Reflect.set(handler, STREAMING, RESPONSE);
  const mark = options?.highWaterMark;
  if (typeof mark === 'number') Reflect.set(handler, HIGH_WATER_MARK, Math.trunc(mark));
  return handler;
}

/** Makes both global, unless the function has turned the global off. Must be called before its code is loaded. */
export function installStreaming(): void {
  if (!hasAwsGlobal()) return;
  globalThis.awslambda ??= {};
  Object.assign(globalThis.awslambda, { streamifyResponse, HttpResponseStream });
}

/**
 * Whether a handler streams, and with which high-water mark (bytes). Throws `Runtime.MalformedStreamingHandler` if it
 * has another mark.
 */
export function streamingOf(handler: FunctionHandler): { readonly highWaterMark: number | undefined } | undefined {
  const mark: unknown = Reflect.get(handler, STREAMING);
  if (mark === undefined || mark === null || mark === false) return undefined;
  if (mark !== RESPONSE) throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
  const highWaterMark: unknown = Reflect.get(handler, HIGH_WATER_MARK);
  return { highWaterMark: typeof highWaterMark === 'number' && highWaterMark >= 0 ? highWaterMark : undefined };
}

/** Calls a streaming handler. Resolves when it has returned; throws what it throws. */
export async function runStreaming(
  handler: FunctionHandler,
  event: unknown,
  stream: ResponseStream,
  context: Record<string, unknown>,
): Promise<void> {
  context['callbackWaitsForEmptyEventLoop'] = true;
  const returned = (handler as (event: unknown, stream: ResponseStream, context: unknown) => unknown)(
    event,
    stream,
    context,
  );
  if (!isThenable(returned))
    throw new RuntimeError('MalformedStreamingHandler', 'Streaming does not support non-async handlers.');
  if ((await returned) !== undefined) console.warn('Streaming handlers ignore return values.');
}

/** Resolves when the stream is closed: after its end, or when it was destroyed. */
export function closed(stream: ResponseStream): Promise<void> {
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve));
}

/** Resolves when what was written before a failure is sent, or when nobody reads it. */
export async function flushed(stream: ResponseStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  stream.end();
  await closed(stream);
}

/** Why a closed stream is no whole answer; undefined if it is, or if nobody was there to read it. */
export function faultOf(stream: ResponseStream): Error | undefined {
  if (stream.writableFinished || stream.isDiscarded) return undefined;
  return stream.errored ?? notFinished();
}

/** Whether it is an error of writing to a closed stream, with which handlers fail whose reader has left. */
export function saysClosed(thrown: unknown): boolean {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED';
}

/** The error for a stream that is never ended, in AWS's words. */
export function notFinished(): RuntimeError {
  return new RuntimeError('InvalidStreamingOperation', 'Response stream is not finished.');
}
