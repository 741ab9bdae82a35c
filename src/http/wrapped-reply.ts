import type { HeaderPairs } from './headers.ts';
import type { Reply } from './reply.ts';

/** A reply that passes everything on to another; classes that extend it change what they need to. */
export abstract class WrappedReply implements Reply {
  protected readonly inner: Reply;

  constructor(inner: Reply) {
    this.inner = inner;
  }

  get waitingBytes(): number {
    return this.inner.waitingBytes;
  }

  cancelWhenGone(work: { cancel(): void }): void {
    this.inner.cancelWhenGone(work);
  }

  send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    this.inner.send(status, headers, body);
  }

  start(status: number, headers: HeaderPairs, goOn?: () => void): void {
    this.inner.start(status, headers, goOn);
  }

  write(chunk: Uint8Array): boolean {
    return this.inner.write(chunk);
  }

  end(): void {
    this.inner.end();
  }

  abandon(): void {
    this.inner.abandon();
  }

  breakOff(): void {
    this.inner.breakOff();
  }
}

/**
 * A reply that reports its end once: the answer is complete or broken off, or the client has left while work was under
 * way that {@link Reply.cancelWhenGone} cancels.
 */
export abstract class EndingReply extends WrappedReply {
  #hasEnded = false;

  /** Called once, after the answer has been passed on. */
  protected abstract ended(): void;

  override cancelWhenGone(work: { cancel(): void }): void {
    super.cancelWhenGone({
      cancel: () => {
        work.cancel();
        this.#end();
      },
    });
  }

  override send(status: number, headers: HeaderPairs, body: Uint8Array): void {
    super.send(status, headers, body);
    this.#end();
  }

  override end(): void {
    super.end();
    this.#end();
  }

  override abandon(): void {
    super.abandon();
    this.#end();
  }

  override breakOff(): void {
    super.breakOff();
    this.#end();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.ended();
  }
}
