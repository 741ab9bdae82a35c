import { ACCESS } from './access.ts';
import { AWS } from './aws.ts';
import { BUILD } from './build.ts';
import { CLI } from './cli.ts';
import { CLIENT } from './client.ts';
import { DAEMON } from './daemon.ts';
import { DRIVER } from './driver.ts';
import { EDGE } from './edge.ts';
import { EXECUTOR } from './executor.ts';
import { GENERAL } from './general.ts';
import { LIMITS } from './limits.ts';
import { LOGS } from './logs.ts';
import { OCI } from './oci.ts';
import { OPERATIONS } from './operations.ts';
import { POOL } from './pool.ts';
import { PROJECT } from './project.ts';
import { QUEUE } from './queue.ts';
import { REGISTRY } from './registry.ts';
import { ROUTER } from './router.ts';
import { SCAFFOLD } from './scaffold.ts';
import { SIMULATOR } from './simulator.ts';
import { STORE } from './store.ts';
import { TRIGGERS } from './triggers.ts';

/** Every failure lam can report, by its stable code; one file a room. `docs/errors.md` is held against it by a test. */
export const CATALOGUE = {
  ...GENERAL,
  ...PROJECT,
  ...SCAFFOLD,
  ...BUILD,
  ...STORE,
  ...REGISTRY,
  ...OPERATIONS,
  ...ROUTER,
  ...POOL,
  ...LIMITS,
  ...DRIVER,
  ...EXECUTOR,
  ...EDGE,
  ...AWS,
  ...CLIENT,
  ...DAEMON,
  ...LOGS,
  ...TRIGGERS,
  ...ACCESS,
  ...QUEUE,
  ...SIMULATOR,
  ...OCI,
  ...CLI,
} as const;
