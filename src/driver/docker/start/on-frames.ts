import { rm } from 'node:fs/promises';
import { ExtendedSession, hooksWithTelemetry, RELAY_ADDRESS } from '../../../executor/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import { framesEnvironment } from '../../shared/environment.ts';
import { archiveUse } from '../../shared/startup-archives.ts';
import { codeStart } from '../../shared/entry-command.ts';
import { makeReadable, sandboxSocket } from '../code/folders.ts';
import { INSIDE } from '../container/container-spec.ts';
import { firstWord } from '../container/start-container.ts';
import type { ContainerStartContext } from './context.ts';
import type { Making } from './making.ts';
import { newSandbox } from './new-sandbox.ts';
import { callsVariable, openCalls } from './open-calls.ts';
import { Relayed } from './relayed.ts';

/** Starts code whose client speaks frames. Rejects with `LAM_DRIVER_START_FAILED` when it does not connect. */
export async function startOnFrames(context: ContainerStartContext, making: Making): Promise<Sandbox> {
  if (making.base.relay !== null) return startBesideExtensions(context, making);
  const { spec, hooks, undo, left } = making;
  const { folder, path } = sandboxSocket(context.folders, left?.id ?? spec.id, 'dial.sock');
  undo.push(() => rm(folder, { recursive: true, force: true }));
  await makeReadable(folder);
  const expected = await context.dial.expect({ id: spec.id, path, hooks, token: left?.token });
  undo.push(() => expected.cancel());
  const calls = await openCalls(context, left?.id ?? spec.id, undo);
  const environment = { ...variables(making, expected.token), ...callsVariable(calls, INSIDE.run) };
  const started = await context.start(making, environment, {
    source: folder,
    target: INSIDE.run,
  });
  const session = await firstWord(expected.connected, started, context.clock, spec.functionName);
  session.onFlow = (paused) => started.output.setPaused(paused);
  const { token } = expected;
  const { disconnected } = session;
  return newSandbox(context, making, { session, started, folder, token, calls, disconnected });
}

/** Starts such code behind a relay, which starts the extensions, too, once their function is known. */
async function startBesideExtensions(context: ContainerStartContext, making: Making): Promise<Sandbox> {
  const { spec, undo, base, entryRoot, left } = making;
  const relayed = await Relayed.open(context, making, making.hooks);
  const { api, folder } = relayed;
  const { path } = sandboxSocket(context.folders, left?.id ?? spec.id, 'dial.sock');
  const hooks = hooksWithTelemetry(making.hooks, api.telemetry);
  const expected = await context.dial.expect({ id: spec.id, path, hooks });
  undo.push(() => expected.cancel());
  const environment = relayed.environment(INSIDE.run);
  const started = await context.start(making, environment, { source: folder, target: INSIDE.run });
  await relayed.ready(started, spec.functionName);
  const archive = archiveUse(making.archive, INSIDE.archive);
  const command = base.command(codeStart(spec, { taskRoot: entryRoot, archive }));
  // Its raw output is held back with that of the container.
  relayed.startCode({ command, cwd: base.directory, environment: variables(making, expected.token) }, 'container');
  const exited = Promise.race([started.exited, relayed.codeEnded]);
  const running = { ...started, exited };
  const inner = await firstWord(expected.connected, running, context.clock, spec.functionName);
  inner.onFlow = (paused) => started.output.setPaused(paused);
  const session = new ExtendedSession({
    inner,
    api,
    address: RELAY_ADDRESS,
    launch: (ofFunction) => relayed.startExtensions({ ...spec, environment: ofFunction }),
    kill: () => void relayed.killCode(),
    clock: context.clock,
  });
  const disconnected = Promise.all([inner.disconnected, relayed.relay.gone]).then(() => undefined);
  return newSandbox(context, making, { session, started: running, relayed, folder, disconnected });
}

/** Variables of the code: those of its runtime, and those by which its client finds the daemon. */
function variables({ spec, base }: Making, token: string): Readonly<Record<string, string>> {
  return {
    ...spec.runtime.descriptor.environment(spec.limits.memoryMiB),
    ...(base.relay === null ? {} : base.environment),
    ...framesEnvironment({ socket: `${INSIDE.run}/dial.sock`, token }),
  };
}
