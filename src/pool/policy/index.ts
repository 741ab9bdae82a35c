export { EwmaPredictor } from './ewma-predictor.ts';
export { chooseEvictions, greedyDualPriority, isRetiredExpired, RETIRED_KEEP_MS, type Evictable } from './eviction.ts';
export { isExpectedAround, type KeepCosts } from './keep.ts';
export { MemoryPrice } from './memory-price.ts';
export { pipelineDepth, Quickness, WAKE_MS } from './pipeline.ts';
export { startsWanted, type Demand } from './starts.ts';
export { stemsWanted, type StemKind, type StemMachine } from './stems.ts';
export { Traffic } from './traffic.ts';
