export { canTellCallers } from './callers/admission.ts';
export { TcpTable } from './callers/tcp-table.ts';
export { openProcessDriver } from './process-driver.ts';
