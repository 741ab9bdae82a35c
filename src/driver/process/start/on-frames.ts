import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { ExtendedSession, hooksWithTelemetry, type RuntimeApi, type Session } from '../../../executor/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import { framesEnvironment } from '../../shared/environment.ts';
import type { Allocation } from '../allocation.ts';
import { firstWord } from '../first-word.ts';
import { addressOf } from '../runtime-apis.ts';
import { openApi, type ProcessStartContext } from './context.ts';
import { startExtensions } from './extensions.ts';
import { commandOf, confine, startProgram } from './program.ts';
import { newSandbox } from './new-sandbox.ts';

/** Starts code whose client speaks frames. Rejects with `LAM_DRIVER_START_FAILED` when it does not connect. */
export async function startOnFrames(context: ProcessStartContext, allocation: Allocation): Promise<Sandbox> {
  const { spec, place, taskRoot } = allocation;
  const command = await commandOf(context, allocation, taskRoot);
  const path = join(context.dialsIn, spec.id);
  const api = allocation.extensions.length === 0 ? undefined : await openApi(context, allocation);
  const hooks = api === undefined ? allocation.hooks : hooksWithTelemetry(allocation.hooks, api.telemetry);
  const expected = await context.dial.expect({ id: spec.id, path, hooks });
  try {
    if (place.user !== undefined) {
      chmodSync(path, 0o600);
      chownSync(path, place.user, place.user);
    }
    const environment = framesEnvironment({ socket: path, token: expected.token });
    const { running } = place.shell;
    await confine(allocation, place.shell);
    startProgram(context, allocation, command, environment);
    const session = await firstWord(expected.connected, running, context.clock, spec.functionName);
    session.onFlow = (paused) => running.setFlow(paused);
    if (api === undefined) return newSandbox(context, allocation, session, { running });
    return newSandbox(context, allocation, extended(context, api, allocation, session), { api, running });
  } catch (error) {
    api?.close();
    throw error;
  } finally {
    expected.cancel();
  }
}

/** Returns the session of code on frames whose layers have extensions. */
function extended(context: ProcessStartContext, api: RuntimeApi, allocation: Allocation, inner: Session): Session {
  const { spec, place } = allocation;
  return new ExtendedSession({
    inner,
    api,
    address: addressOf(api),
    launch: (environment) =>
      startExtensions(context, api, Object.assign(allocation, { spec: { ...spec, environment } })),
    kill: () => place.shell.running.kill('SIGKILL'),
    clock: context.clock,
  });
}
