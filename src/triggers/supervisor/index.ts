export { DeployedTriggers, type TriggerSource } from './deployed.ts';
