import type { Socket } from 'node:net';
import { lamError } from '../errors/index.ts';
import type { ConnectionGuard } from '../http/index.ts';
import type { Clock } from '../kit/index.ts';

/** Limits of the connections of a listener. */
export interface ConnectionCaps {
  readonly total: number;
  /** From one remote address; loopback counts as one address, and so does an IPv6 network of 64 bits. */
  readonly perAddress: number;
}

/** Maximum of refused connections that are being answered with 503; further ones are closed without an answer. */
const MOST_ANSWERED = 64;
/** Time that a refused client gets to read its answer (ms). */
const ANSWER_MS = 1000;

/** Refuses connections over the limits of a listener, before reading from them. */
export class ConnectionLimit implements ConnectionGuard {
  readonly #caps: ConnectionCaps;
  readonly #clock: Clock;
  readonly #open: Map<string, number> = new Map();
  readonly #refused: Set<Socket> = new Set();
  #total = 0;

  constructor(caps: ConnectionCaps, clock: Clock) {
    this.#caps = caps;
    this.#clock = clock;
  }

  /**
   * Counts the connection until it closes and returns true, or refuses it: answers 503 with `Retry-After`, or closes
   * it.
   */
  admits(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress ?? '');
    const open = this.#open.get(network) ?? 0;
    if (this.#total >= this.#caps.total || open >= this.#caps.perAddress) {
      this.#refuse(socket);
      return false;
    }
    this.#total++;
    this.#open.set(network, open + 1);
    socket.once('close', () => this.#leave(network));
    return true;
  }

  /** Closes refused connections that are still being answered. */
  closeRefused(): void {
    for (const socket of this.#refused) socket.destroy();
  }

  #leave(network: string): void {
    const left = (this.#open.get(network) ?? 1) - 1;
    this.#total--;
    if (left === 0) this.#open.delete(network);
    else this.#open.set(network, left);
  }

  #refuse(socket: Socket): void {
    socket.on('error', () => {
      // The client disconnected first; 'close' follows.
    });
    if (this.#refused.size >= MOST_ANSWERED) {
      socket.destroy();
      return;
    }
    this.#refused.add(socket);
    const cancel = this.#clock.after(ANSWER_MS, () => socket.destroy());
    socket.once('close', () => {
      cancel();
      this.#refused.delete(socket);
    });
    // Reads what the client sends: unread bytes would reset the connection and lose the answer.
    socket.resume();
    socket.end(answerOf(this.#caps));
  }
}

function answerOf(caps: ConnectionCaps): string {
  const { code, message, hint } = lamError('LAM_EDGE_TOO_MANY_CONNECTIONS', { ...caps });
  const body = JSON.stringify({ message, code, hint });
  return `HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

/**
 * Returns the key by which a client is counted: loopback, the 64-bit network of an IPv6 address, else the address.
 * Pure.
 */
export function networkOf(address: string): string {
  const v4 = address.replace(/^::ffff:(?=[0-9.]+$)/, '');
  if (v4.startsWith('127.') || v4 === '::1') return 'loopback';
  if (!v4.includes(':')) return v4;
  const [before = '', after] = v4.split('::');
  const front = before === '' ? [] : before.split(':');
  const back = after === undefined || after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...(after === undefined ? [] : zeros), ...back].slice(0, 4).join(':');
}
