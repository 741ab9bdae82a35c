import { isFunctionName, knownFunctionName, type FunctionName } from './names.ts';

/**
 * Where the record of a finished event goes, as JSON: the kind and its settings. A text is the short form of a kind that
 * has one: `function:NAME`, `file:PATH`, a URL.
 */
export interface DestinationConfig {
  /** The kind, for instance `http`. */
  readonly type: string;
  readonly [setting: string]: unknown;
}

/** A destination as authors write it. */
export type DestinationSetting = DestinationConfig | string;

/** The two outcomes of an event that can have a destination, as settings and as AWS calls them. */
export const OUTCOMES = ['onSuccess', 'onFailure'] as const;
export type EventOutcome = (typeof OUTCOMES)[number];

/** Which version runs an event that names none: the one live when it was accepted, or when it runs. */
export const EVENT_VERSIONS = ['run', 'acceptance'] as const;
export type EventVersion = (typeof EVENT_VERSIONS)[number];

/**
 * Name under which deliveries of a function wait and are listed: `hello:onFailure`, which no function can have, so that
 * a slow destination holds back no event.
 */
export function deliveriesOf(functionName: FunctionName, outcome: EventOutcome): FunctionName {
  return knownFunctionName(`${functionName}:${outcome}`);
}

/** The function and the outcome of a name that {@link deliveriesOf} made; undefined for the name of a function. */
export function deliveryOf(
  name: string,
): { readonly functionName: FunctionName; readonly outcome: EventOutcome } | undefined {
  const [functionName = '', word] = name.split(':');
  const outcome = OUTCOMES.find((one) => one === word);
  return outcome === undefined || !isFunctionName(functionName) ? undefined : { functionName, outcome };
}

/** Whether events can wait under this name: that of a function, or of its deliveries. */
export function isQueueName(text: string): text is FunctionName {
  return isFunctionName(text) || deliveryOf(text) !== undefined;
}
