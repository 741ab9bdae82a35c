import type { Row } from '../row.ts';
import { CLI_ROWS } from './cli.ts';
import { DENSITY_ROWS } from './density.ts';
import { DEPLOY_ROWS } from './deploys.ts';
import { LOG_ROWS } from './logs.ts';
import { MANY_ROWS } from './many.ts';
import { MEMORY_ROWS } from './memory.ts';
import { SIMULATOR_ROWS } from './simulator.ts';
import { START_ROWS } from './starts.ts';
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
  ...SIMULATOR_ROWS,
];
