import type { Socket } from 'node:net';

/** Bytes to write: latin1 text, then a body. */
export interface Piece {
  readonly text: string;
  readonly body: Uint8Array;
}

/** An answer's place in the order of its connection. Pipelined requests form a list in the order of arrival. */
export interface Turn {
  next: Turn | undefined;
  /** Length of the request's body, which is in memory until it is answered (bytes). */
  readonly bodyBytes: number;
  /** Pieces written before its turn came. */
  held: Piece[] | undefined;
  /** Whether everything has been written. */
  isComplete: boolean;
  /** Whether the connection is to be closed when its turn comes, because its answer is not whole. */
  isBroken: boolean;
  /** Called when the client has taken everything written, so that a paused writer may continue. */
  relieved(): void;
  /** Called when the client has disconnected. */
  left(): void;
}

/** A connection, as used by its answers. */
export interface Outlet {
  readonly socket: Socket;
  /** Header lines that end every head. */
  closingLines(): string;
  /** Writes `text` and `body` when the turn comes; returns false above the high-water mark. */
  write(turn: Turn, text: string, body: Uint8Array): boolean;
  /** Writes the last piece of a turn when its turn comes, then the next turn. */
  finish(turn: Turn, text: string, body: Uint8Array): void;
  /** Closes the connection when the turn comes and what was written is sent. */
  breakOff(turn: Turn): void;
  /** Bytes of a turn that have not been sent. */
  waitingBytes(turn: Turn): number;
}
