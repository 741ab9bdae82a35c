import { ApiCallers } from '../../src/edge/callers.ts';
import { AwsGate } from '../../src/edge/aws/gate.ts';
import { oneToken } from '../../src/edge/index.ts';
import { systemClock } from '../../src/kit/index.ts';

/** The gate of an API of AWS on a port where no keys are wanted. */
export function openGate(): AwsGate {
  const callers = new ApiCallers({
    door: { kind: 'port', tokens: oneToken(undefined), open: false },
    keys: {
      hasScopes: false,
      hasSigning: false,
      identify: () => undefined,
      credential: () => 'unknown',
      session: () => {
        throw new Error('there are no keys');
      },
    },
    operationsFor: () => {
      throw new Error('nothing is asked for');
    },
    audit: { note: () => undefined },
  });
  return new AwsGate({
    callers,
    clock: systemClock,
    isOwner: () => Promise.resolve(true),
    api: 'aws',
    services: ['lambda'],
  });
}
