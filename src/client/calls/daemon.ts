import {
  CONTROL,
  type DfAnswer,
  type GcAnswer,
  type GcRequest,
  type Plain,
  type Status,
} from '../../contract/index.ts';
import type { CallOptions } from '../transport.ts';
import type { Calls } from './calls.ts';

/** The daemon itself and its disk. */
export interface DaemonCalls {
  status(options?: CallOptions): Promise<Status>;
  /** Asks the daemon to drain and end; resolves when it has accepted the request. */
  stop(options?: CallOptions): Promise<void>;
  gc(request: Plain<GcRequest>, options?: CallOptions): Promise<GcAnswer>;
  df(options?: CallOptions): Promise<DfAnswer>;
}

/** Implements {@link DaemonCalls}. */
export function daemonCalls({ ask, send }: Calls): DaemonCalls {
  return {
    status: (options) => ask('GET', CONTROL.status, options),
    stop: async (options) => void (await ask('POST', CONTROL.stop, options)),
    gc: (value, options) => send({ method: 'POST', path: CONTROL.gc, value }, options),
    df: (options) => ask('GET', CONTROL.df, options),
  };
}
