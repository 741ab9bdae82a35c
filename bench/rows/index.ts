import type { Row } from '../row.ts';
import { ACCESS_ROWS } from './access.ts';
import { AWS_ROWS } from './aws.ts';
import { BACKGROUND_ROWS } from './background.ts';
import { CLI_ROWS } from './cli.ts';
import { DENSITY_ROWS } from './density.ts';
import { DEPLOY_ROWS } from './deploys.ts';
import { GLAMBDAR_ROWS } from './glambdar.ts';
import { JAVA_ROWS } from './java.ts';
import { LOG_ROWS } from './logs.ts';
import { MANY_ROWS } from './many.ts';
import { MEMORY_ROWS } from './memory.ts';
import { PROGRAM_ROWS } from './programs.ts';
import { REGISTRY_ROWS } from './registries.ts';
import { ROUTE_ROWS } from './routes.ts';
import { RUNTIME_ROWS } from './runtimes.ts';
import { SCHEDULE_ROWS } from './schedules.ts';
import { SIMULATOR_ROWS } from './simulator.ts';
import { SOURCE_ROWS } from './sources.ts';
import { START_ROWS } from './starts.ts';
import { STREAMING_ROWS } from './streaming.ts';
import { WARM_ROWS } from './warm.ts';

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [
  ...START_ROWS,
  ...WARM_ROWS,
  ...MANY_ROWS,
  ...MEMORY_ROWS,
  ...DENSITY_ROWS,
  ...DEPLOY_ROWS,
  ...LOG_ROWS,
  ...CLI_ROWS,
  ...RUNTIME_ROWS,
  ...PROGRAM_ROWS,
  ...JAVA_ROWS,
  ...STREAMING_ROWS,
  ...ROUTE_ROWS,
  ...ACCESS_ROWS,
  ...AWS_ROWS,
  ...GLAMBDAR_ROWS,
  ...BACKGROUND_ROWS,
  ...SCHEDULE_ROWS,
  ...SOURCE_ROWS,
  ...REGISTRY_ROWS,
  ...SIMULATOR_ROWS,
];
