import type { Protocol } from '../../../runtimes/index.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Allocation } from '../allocation.ts';
import type { ProcessStartContext } from './context.ts';
import { startOnFrames } from './on-frames.ts';
import { startOnRuntimeApi } from './on-runtime-api.ts';

/** How a sandbox is started, by the protocol of its code. */
export const WAYS: Readonly<
  Record<Protocol, (context: ProcessStartContext, allocation: Allocation) => Promise<Sandbox>>
> = {
  frames: startOnFrames,
  'runtime-api': startOnRuntimeApi,
};
