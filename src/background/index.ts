export { Background } from './background.ts';
export type {
  BackgroundAnswer,
  BackgroundOptions,
  BackgroundSettings,
  BackgroundSink,
  FinishedEvent,
  RunEvent,
} from './options.ts';
export { recordOf } from './record.ts';
