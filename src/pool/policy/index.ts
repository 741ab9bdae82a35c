export { Arrivals, type SteadyGap } from './arrivals.ts';
export { EwmaPredictor } from './ewma-predictor.ts';
export {
  chooseEvictions,
  greedyDualPriority,
  isRetiredExpired,
  RETIRED_KEEP_MS,
  type Evictable,
  type Evictions,
  type Worth,
} from './eviction.ts';
export { KEEP_PRICE, keepWindows, type KeepCosts, type KeepWindows } from './keep.ts';
export { memoryPrice } from './memory-price.ts';
export { pipelineDepth, RECALLED_MS, WAKE_MS } from './pipeline.ts';
export { startsWanted, type Demand } from './starts.ts';
export { stemsWanted, type StemKind, type StemMachine, type StemPlan } from './stems.ts';
export { Traffic } from './traffic.ts';
