export type {
  EndReason,
  EventPhase,
  ObservedInvocation,
  ObservedOutcome,
  ObservedSandbox,
  ObservedTrigger,
  Observer,
  SandboxPhase,
} from './observer.ts';
export { joinObservers, type Observers } from './observers.ts';
