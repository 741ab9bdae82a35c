import type { InvocationContext } from '../../src/contract/index.ts';
import type { InvokeOutcome, Session } from '../../src/executor/session.ts';

/** Runs one invocation to its end. */
export function invoked(session: Session, context: InvocationContext, event: Uint8Array): Promise<InvokeOutcome> {
  return new Promise((settled) => session.start(context, event, { started: () => undefined, settled }));
}
