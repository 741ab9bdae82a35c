export * from './artifact.ts';
export * from './control-api.ts';
export * from './function-config.ts';
export * from './invocation.ts';
export * from './limits.ts';
export * from './log-record.ts';
export * from './names.ts';
export * from './route.ts';
