import type { Socket } from 'node:net';

/** Bytes to be written: text of one byte a character, then a body. */
export interface Piece {
  readonly text: string;
  readonly body: Uint8Array;
}

/** An answer's place in the order of its connection. Pipelined requests form a list in the order they came. */
export interface Turn {
  next: Turn | undefined;
  /** What was written before its turn came. */
  held: Piece[] | undefined;
  /** Nothing more will be written. */
  isComplete: boolean;
  /** All that was written has been taken, so a paused writer may go on. */
  relieved(): void;
  /** The client has left. */
  left(): void;
}

/** A connection as its answers see it. */
export interface Outlet {
  readonly socket: Socket;
  /** Header lines that end every head. */
  closingLines(): string;
  /** Writes `text` and `body` when the turn comes; false when the client takes no more for now. */
  write(turn: Turn, text: string, body: Uint8Array): boolean;
  /** Writes the last of a turn when it comes, and goes on to the next turn. */
  finish(turn: Turn, text: string, body: Uint8Array): void;
  /** Bytes of a turn that have not left. */
  waitingBytes(turn: Turn): number;
}
