import type { Protocol } from '../../../runtimes/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { ContainerStartContext } from './context.ts';
import type { Making } from './making.ts';
import { startOnFrames } from './on-frames.ts';
import { startOnRuntimeApi } from './on-runtime-api.ts';

/** How a sandbox is started, by the protocol of its code. */
export const WAYS: Readonly<Record<Protocol, (context: ContainerStartContext, making: Making) => Promise<Sandbox>>> = {
  frames: startOnFrames,
  'runtime-api': startOnRuntimeApi,
};
