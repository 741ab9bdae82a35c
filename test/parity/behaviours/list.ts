import { binary, echo, emptyBody, largeAnswer, largeEvent, streaming, unicode } from './answers.ts';
import type { Behaviour } from './behaviour.ts';
import { error, exit, initError, initExit, outOfMemory, timeout, unserialisable } from './failures.ts';
import { apart, concurrency, warmState } from './sharing.ts';
import { context, environment, everyLogTail, logRecords, logTail, remainingTime } from './surroundings.ts';

/** All behaviours, in the order of the table and of the tests. A line here adds one, for every runtime. */
const LIST = {
  echo,
  unicode,
  emptyBody,
  largeAnswer,
  largeEvent,
  binary,
  streaming,
  context,
  remainingTime,
  environment,
  logTail,
  everyLogTail,
  logRecords,
  warmState,
  apart,
  concurrency,
  error,
  unserialisable,
  initError,
  initExit,
  timeout,
  exit,
  outOfMemory,
} as const;

export type BehaviourName = keyof typeof LIST;

export const BEHAVIOURS: Readonly<Record<BehaviourName, Behaviour>> = LIST;
