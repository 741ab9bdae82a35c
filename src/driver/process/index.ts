export { openProcessDriver, type ProcessDriverOptions } from './process-driver.ts';
