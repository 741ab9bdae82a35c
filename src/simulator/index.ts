export { readAzureTrace } from './azure-csv.ts';
export type { MachineOptions } from './machine.ts';
export { number, percent } from './report/format.ts';
export { cellsOf, HEADINGS } from './report/markdown.ts';
export { writeReport } from './report/write.ts';
export { POLICY_NAMES, type PolicyName } from './roster.ts';
export {
  simulate,
  type Comparison,
  type Progress,
  type Scenario,
  type Simulation,
  type SweepPoint,
} from './simulation.ts';
export { syntheticTrace, type SyntheticOptions } from './synthetic.ts';
export type { Outcome } from './tally.ts';
export type { Trace } from './trace.ts';
