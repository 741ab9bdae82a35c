export { isWithin } from './folders.ts';
export { parseTrigger, shownSetting, TRIGGER_TYPES, typedName, type TriggerWords } from './live-trigger.ts';
export { loadProject, parseProject } from './load-project.ts';
export { findProjectFile } from './locate.ts';
export type { BuildOptions, Project, ProjectFault, ProjectFunction, ProjectLayer } from './project.ts';
export { projectText, withoutVariableValues } from './pushed-project.ts';
export type { JsonSchema } from './json-schema.ts';
export { projectSchema, SCHEMA_PATH } from './schema.ts';
