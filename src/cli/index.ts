export { runApp, reportFailure } from './app.ts';
export { main } from './fast/main.ts';
export type { Installation } from './installation.ts';
