import type { InvocationContext } from '../../src/contract/index.ts';
import type { InvocationHooks, InvokeOutcome, Session } from '../../src/executor/session.ts';

/** Runs one invocation to its end. The payload of a streamed answer is the whole of its body. */
// oxlint-disable-next-line max-params -- the arguments of `start`, and a time limit of its own
export function invoked(
  session: Session,
  context: InvocationContext,
  event: Uint8Array,
  timeoutMs?: number,
): Promise<InvokeOutcome> {
  return new Promise((settled) => session.start(context, event, { ...gatheringHooks(settled), timeoutMs }));
}

/** Hooks that settle with the outcome, in which the payload of a streamed answer is the whole of its body. */
export function gatheringHooks(settled: (outcome: InvokeOutcome) => void): InvocationHooks {
  const pieces: Uint8Array[] = [];
  let isStreamed = false;
  return {
    started: () => undefined,
    streamed: () => {
      isStreamed = true;
      return {
        piece: (bytes) => {
          pieces.push(bytes);
          return true;
        },
      };
    },
    settled: (outcome) =>
      settled(isStreamed && outcome.kind === 'result' ? { ...outcome, payload: Buffer.concat(pieces) } : outcome),
  };
}
