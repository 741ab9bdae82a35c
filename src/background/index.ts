export { Background, type BackgroundSettings, type RunEvent } from './background.ts';
